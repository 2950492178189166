// A dataset: its columns and how far their vectors are, what runs, and what ran.
import { Stack, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'

import { ApiError } from '../api/client'
import { useActiveJobs } from '../api/live'
import { datasetQuery, statusQuery } from '../api/queries'
import type { Dataset, DatasetStatus } from '../api/types'
import { rowsAndColumns } from '../datasets/dataset_list'
import { JobPanel } from '../parts/job_panel'
import { QueryView } from '../parts/query_view'
import { NotFoundPage } from '../shell/not_found_page'
import { datasetAddress } from '../shell/addresses'
import { Page } from '../shell/page'
import { ColumnsTab } from './columns_tab'
import { DatasetMenu } from './dataset_menu'
import { FailedJob } from './failed_job'
import { LastRun } from './last_run'
import { RefreshButton } from './refresh_button'
import { RowsTab } from './rows_tab'
import { RunsTab } from './runs_tab'
import { StoreTab } from './store_tab'

const tabs = [
  { tab: 'columns', name: 'Columns' },
  { tab: 'rows', name: 'Rows' },
  { tab: 'runs', name: 'Runs' },
  { tab: 'store', name: 'Store and remote' },
]

export default function DatasetPage({ dataset: name, tab }: { dataset: string; tab: string }) {
  const dataset = useQuery(datasetQuery(name))
  const status = useQuery(statusQuery(name))
  const jobs = useActiveJobs(name)
  const lastRun = status.data?.last_run ?? null
  const [, navigate] = useLocation()
  if (dataset.error instanceof ApiError && dataset.error.status === 404) return <NotFoundPage />
  return (
    <Page
      title={name}
      crumbs={[{ name: 'Datasets', address: '/' }]}
      about={dataset.data !== undefined && about(dataset.data, status.data)}
      actions={
        dataset.data !== undefined && (
          <>
            <RefreshButton dataset={dataset.data} isBusy={jobs.some((j) => j.kind === 'refresh')} />
            <DatasetMenu dataset={dataset.data} />
          </>
        )
      }
    >
      {jobs.map((job) => (
        <JobPanel key={job.id} job={job} />
      ))}
      <LastRun dataset={name} run={lastRun} isBusy={jobs.length > 0} />
      <FailedJob dataset={name} lastRun={lastRun} />
      <Tabs
        value={tab}
        onChange={(next) => navigate(datasetAddress(name, next === 'columns' ? '' : (next ?? '')))}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {tabs.map((each) => (
            <Tabs.Tab key={each.tab} value={each.tab}>
              {each.name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <QueryView query={dataset} of={name} lines={6}>
          {(data) => (
            <>
              <Tabs.Panel value="columns">
                <ColumnsTab dataset={data} status={status} />
              </Tabs.Panel>
              <Tabs.Panel value="rows">
                <RowsTab dataset={name} />
              </Tabs.Panel>
              <Tabs.Panel value="runs">
                <RunsTab dataset={name} />
              </Tabs.Panel>
              <Tabs.Panel value="store">
                <Stack>
                  <StoreTab dataset={data} status={status.data} />
                </Stack>
              </Tabs.Panel>
            </>
          )}
        </QueryView>
      </Tabs>
    </Page>
  )
}

function about(dataset: Dataset, status: DatasetStatus | undefined): string {
  const { path, table } = dataset.source
  const source = table === undefined || table === '' ? path : `${path}, table ${table}`
  const size =
    status === undefined ? '' : `${rowsAndColumns(status.rows, dataset.columns.length)} · `
  return size + source
}
