// Finds the rows of a dataset that are nearest to a text.
import { Button, Group, NumberInput, Select, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useLocation, useSearchParams } from 'wouter'

import { path, request } from '../api/client'
import { datasetQuery, datasetsQuery } from '../api/queries'
import type { SearchResult } from '../api/types'
import { stepOf } from '../dataset/column_row'
import { Icon } from '../parts/icon'
import { Empty, ErrorNote, Loading } from '../parts/notes'
import { Panel } from '../parts/panel'
import { Page } from '../shell/page'
import { SearchHits } from './search_hits'

export default function SearchPage() {
  const [address] = useSearchParams()
  const [, navigate] = useLocation()
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
  if (datasets.isSuccess && searchable.length === 0 && address.get('dataset') === null) {
    return (
      <Page title="Search">
        <Empty icon="search" title="Nothing to search yet">
          <Text size="sm" c="dimmed">
            Give a column of a dataset an embedding and refresh it.
          </Text>
        </Empty>
      </Page>
    )
  }
  return (
    <Page title="Search" about="The rows that are nearest to a text: exact, no index.">
      <Panel title="Where">
        <Group grow preventGrowOverflow={false}>
          <Select
            label="Dataset"
            data={searchable.map(({ name }) => name)}
            value={dataset === '' ? null : dataset}
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
        </Group>
      </Panel>
      {dataset !== '' && column !== '' && (
        <SearchBox key={`${dataset}/${column}`} dataset={dataset} column={column} />
      )}
    </Page>
  )
}

function SearchBox({ dataset, column }: { dataset: string; column: string }) {
  const [text, setText] = useState('')
  const [where, setWhere] = useState('')
  const [k, setK] = useState(10)
  const search = useMutation({
    mutationFn: (body: { text: string; k: number; where?: string }) =>
      request<SearchResult>(path`/datasets/${dataset}/columns/${column}/search`, {
        method: 'POST',
        body,
      }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    search.mutate({ text, k, ...(where.trim() === '' ? {} : { where: where.trim() }) })
  }
  return (
    <>
      <Panel title="What">
        <form onSubmit={submit} role="search">
          <Group align="flex-end">
            <TextInput
              label="Text"
              placeholder={`Rows whose ${column} is near to this`}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              style={{ flex: '3 1 18rem' }}
              data-autofocus
            />
            <TextInput
              label="Only rows where"
              placeholder="price < 20 AND shop = 'north'"
              value={where}
              onChange={(event) => setWhere(event.currentTarget.value)}
              style={{ flex: '2 1 12rem' }}
            />
            <NumberInput
              label="Rows"
              value={k}
              onChange={(value) => setK(Number(value) || 1)}
              min={1}
              max={1000}
              w={90}
            />
            <Button
              type="submit"
              leftSection={<Icon name="search" />}
              loading={search.isPending}
              disabled={text === ''}
            >
              Search
            </Button>
          </Group>
        </form>
      </Panel>
      <div aria-live="polite">
        {search.isPending && <Loading of="what is nearest" lines={6} />}
        {search.isError && <ErrorNote error={search.error} title="The search failed" />}
        {search.data !== undefined && !search.isPending && (
          <SearchHits result={search.data} column={column} />
        )}
      </div>
    </>
  )
}
