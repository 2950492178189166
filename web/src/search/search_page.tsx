// Finds the rows of a dataset that are nearest to a text.
import { Select, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { useSearch } from 'wouter/use-browser-location'

import { path } from '../api/client'
import { datasetQuery, datasetsQuery } from '../api/queries'
import { stepOf } from '../dataset/column_row'
import { Empty } from '../parts/notes'
import { QueryView } from '../parts/query_view'
import { Page } from '../shell/page'
import { ColumnSearch, type Query } from './column_search'

export default function SearchPage() {
  // As the browser has it: the router's is half decoded.
  const address = new URLSearchParams(useSearch())
  const [, navigate] = useLocation()
  // Another column is searched for the same.
  const [query, setQuery] = useState<Query>({ text: '', where: '', k: 10 })
  const datasets = useQuery(datasetsQuery())
  const searchable = datasets.data?.filter((each) => each.embedded_columns > 0) ?? []
  const dataset = address.get('dataset') ?? searchable[0]?.name ?? ''
  const file = useQuery({ ...datasetQuery(dataset), enabled: dataset !== '' })
  const columns = file.data?.columns.filter((each) => stepOf(each) !== undefined) ?? []
  const column = address.get('column') ?? columns[0]?.name ?? ''
  const go = (to: string, of: string) =>
    navigate(path`/search?dataset=${to}` + (of === '' ? '' : path`&column=${of}`), {
      replace: true,
    })
  return (
    <Page title="Search" about="The rows that are nearest to a text: exact, no index.">
      <QueryView query={datasets} of="datasets">
        {() =>
          dataset === '' ? (
            <Empty icon="search" title="Nothing to search yet">
              <Text size="sm" c="dimmed">
                Give a column of a dataset an embedding and refresh it.
              </Text>
            </Empty>
          ) : (
            <ColumnSearch
              key={`${dataset}/${column}`}
              dataset={dataset}
              column={column}
              query={query}
              onChange={setQuery}
            >
              <Select
                label="Dataset"
                data={searchable.map(({ name }) => name)}
                value={dataset}
                allowDeselect={false}
                onChange={(to) => go(to ?? '', '')}
              />
              <Select
                label="Column"
                data={columns.map(({ name }) => name)}
                value={column === '' ? null : column}
                allowDeselect={false}
                onChange={(of) => go(dataset, of ?? '')}
              />
            </ColumnSearch>
          )
        }
      </QueryView>
    </Page>
  )
}
