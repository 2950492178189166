// All there is to know of a column's vectors.
import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { ApiError } from '../api/client'
import { useActiveJobs } from '../api/live'
import { columnQuery } from '../api/queries'
import type { ColumnDetails } from '../api/types'
import { lastPart } from '../format/format'
import { Icon } from '../parts/icon'
import { JobPanel } from '../parts/job_panel'
import { LinkButton } from '../parts/link_button'
import { QueryView } from '../parts/query_view'
import { StatusBadge } from '../parts/status_badge'
import { datasetAddress, searchAddress, settingsAddress } from '../shell/addresses'
import { NotFoundPage } from '../shell/not_found_page'
import { Page } from '../shell/page'
import { FailedJob } from '../dataset/failed_job'
import { ColumnFigures } from './column_figures'
import { MapPanel } from './map_panel'
import { NoStep } from './no_step'
import { RunPanel } from './run_panel'
import { StorePanel } from '../dataset/store_panel'
import { TokensPanel } from './tokens_panel'

export default function ColumnPage({ dataset, column }: { dataset: string; column: string }) {
  const details = useQuery(columnQuery(dataset, column))
  const jobs = useActiveJobs(dataset)
  if (details.error instanceof ApiError && details.error.status === 404) return <NotFoundPage />
  const hasVectors = details.data?.column.active != null
  return (
    <Page
      title={column}
      crumbs={[
        { name: 'Datasets', address: '/' },
        { name: dataset, address: datasetAddress(dataset) },
      ]}
      badge={details.data?.status != null && <StatusBadge state={details.data.status.status} />}
      about={details.data !== undefined && about(details.data)}
      actions={
        <>
          {hasVectors && (
            <LinkButton
              to={searchAddress(dataset, column)}
              variant="default"
              leftSection={<Icon name="search" />}
            >
              Search
            </LinkButton>
          )}
          <LinkButton
            to={settingsAddress(dataset, column)}
            variant="default"
            leftSection={<Icon name="settings" />}
          >
            Settings
          </LinkButton>
        </>
      }
    >
      {jobs.map((job) => (
        <JobPanel key={job.id} job={job} />
      ))}
      <FailedJob dataset={dataset} lastRun={details.data?.last_run ?? null} />
      <QueryView query={details} of={column} lines={6}>
        {(data) => (
          <Stack gap="md">
            {data.column.embedding === null ? (
              <NoStep dataset={dataset} column={data.column} />
            ) : (
              <>
                <ColumnFigures details={data} />
                {hasVectors && <MapPanel dataset={dataset} column={column} />}
                {data.tokens !== null && <TokensPanel tokens={data.tokens} />}
                {data.last_run !== null && <RunPanel run={data.last_run} />}
                <StorePanel dataset={dataset} column={column} />
              </>
            )}
          </Stack>
        )}
      </QueryView>
    </Page>
  )
}

function about({ column }: ColumnDetails): string {
  const words = [column.type]
  if (column.is_primary_key) words.push('primary key')
  if (column.is_target) words.push('target')
  if (column.is_date_column) words.push('date')
  if (column.embedding !== null) words.push(`embedded with ${lastPart(column.embedding.model)}`)
  return words.join(' · ')
}
