// All datasets of the home, and how far they are.
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { datasetsQuery } from '../api/queries'
import { Icon } from '../parts/icon'
import { LinkButton } from '../parts/link_button'
import { Empty } from '../parts/notes'
import { QueryView } from '../parts/query_view'
import { Page } from '../shell/page'
import { DatasetList } from './dataset_list'

export default function DatasetsPage() {
  const datasets = useQuery(datasetsQuery())
  return (
    <Page
      title="Datasets"
      about="Tables whose text columns have vectors that are kept up to date."
      actions={<AddButton />}
    >
      <QueryView query={datasets} of="datasets" lines={5}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon="datasets" title="No dataset yet">
              <Text c="dimmed" size="sm" maw={420}>
                A dataset is a table of yours: a DuckDB file, Parquet, CSV or JSON lines. Add one,
                then give a text column an embedding.
              </Text>
              <AddButton />
            </Empty>
          ) : (
            <DatasetList datasets={list} />
          )
        }
      </QueryView>
    </Page>
  )
}

function AddButton() {
  return (
    <LinkButton to="/add" leftSection={<Icon name="add" />}>
      Add a dataset
    </LinkButton>
  )
}
