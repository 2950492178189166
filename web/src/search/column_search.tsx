// The query over one column, and what it finds.
import { Button, Group, NumberInput, SimpleGrid, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { FormEvent, ReactNode } from 'react'

import { path, request } from '../api/client'
import type { SearchResult } from '../api/types'
import { Icon } from '../parts/icon'
import { ErrorNote, Loading } from '../parts/notes'
import { Panel } from '../parts/panel'
import { SearchHits } from './search_hits'

/** What is searched for, in whichever column. */
export interface Query {
  text: string
  where: string
  k: number
}

interface ColumnSearchProps {
  dataset: string
  column: string
  query: Query
  onChange: (query: Query) => void
  /** The fields that choose dataset and column. */
  children: ReactNode
}

export function ColumnSearch({ dataset, column, query, onChange, children }: ColumnSearchProps) {
  const { text, where, k } = query
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
      <Panel title="Query">
        <form onSubmit={submit} role="search">
          <SimpleGrid cols={{ base: 1, xs: 2 }} mb="sm">
            {children}
          </SimpleGrid>
          <Group align="flex-end">
            <TextInput
              label="Text"
              placeholder={`Rows whose ${column} is near to this`}
              value={text}
              onChange={(event) => onChange({ ...query, text: event.currentTarget.value })}
              style={{ flex: '3 1 18rem' }}
            />
            <TextInput
              label="Only rows where"
              placeholder="price < 20 AND shop = 'north'"
              value={where}
              onChange={(event) => onChange({ ...query, where: event.currentTarget.value })}
              style={{ flex: '2 1 12rem' }}
            />
            <NumberInput
              label="Rows"
              value={k}
              onChange={(value) => onChange({ ...query, k: Number(value) || 1 })}
              min={1}
              max={1000}
              w={90}
            />
            <Button
              type="submit"
              leftSection={<Icon name="search" />}
              loading={search.isPending}
              disabled={text === '' || column === ''}
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
