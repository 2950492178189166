// The settings of a column: its flags, and its embedding step.
import { useQuery } from '@tanstack/react-query'

import { ApiError } from '../api/client'
import { columnQuery, datasetQuery } from '../api/queries'
import { QueryView } from '../parts/query_view'
import { columnAddress, datasetAddress } from '../shell/addresses'
import { NotFoundPage } from '../shell/not_found_page'
import { Page } from '../shell/page'
import { FlagsPanel } from './flags_panel'
import { StepEditor } from './step_editor'

export default function SettingsPage({ dataset, column }: { dataset: string; column: string }) {
  const details = useQuery(columnQuery(dataset, column))
  const file = useQuery(datasetQuery(dataset))
  if (details.error instanceof ApiError && details.error.status === 404) return <NotFoundPage />
  return (
    <Page
      title={`Settings of ${column}`}
      crumbs={[
        { name: 'Datasets', address: '/' },
        { name: dataset, address: datasetAddress(dataset) },
        { name: column, address: columnAddress(dataset, column) },
      ]}
    >
      <QueryView query={details} of="the settings" lines={8}>
        {(data) => (
          <>
            <FlagsPanel dataset={dataset} column={data.column} />
            <StepEditor
              dataset={dataset}
              details={data}
              columns={file.data?.columns.map(({ name }) => name) ?? []}
              flaggedKey={
                file.data?.columns
                  .filter((each) => each.is_primary_key === true)
                  .map(({ name }) => name) ?? []
              }
            />
          </>
        )}
      </QueryView>
    </Page>
  )
}
