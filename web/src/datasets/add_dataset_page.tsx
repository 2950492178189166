// Adds a dataset: choose a file, look at what it holds, flag the columns, save.
import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useLocation } from 'wouter'

import { request } from '../api/client'
import { keys } from '../api/queries'
import type { Dataset, DatasetProposal } from '../api/types'
import { Icon } from '../parts/icon'
import { ErrorNote, Loading } from '../parts/notes'
import { Panel } from '../parts/panel'
import { datasetAddress } from '../shell/addresses'
import { Page } from '../shell/page'
import { FilePicker } from './file_picker'
import { isDuckDb, nameFor } from './proposal'
import { ProposalForm } from './proposal_form'

export default function AddDatasetPage() {
  const [file, setFile] = useState('')
  const [table, setTable] = useState('')
  const [isPicking, setIsPicking] = useState(false)
  const [, navigate] = useLocation()
  const client = useQueryClient()
  const propose = useMutation({
    mutationFn: (source: Dataset['source']) =>
      request<DatasetProposal>('/datasets/propose', {
        method: 'POST',
        body: { name: nameFor(source), source },
      }),
  })
  const add = useMutation({
    mutationFn: (dataset: Dataset) =>
      request<Dataset>('/datasets', { method: 'POST', body: { dataset } }),
    onSuccess: async (dataset) => {
      await client.invalidateQueries({ queryKey: keys.datasets })
      navigate(datasetAddress(dataset.name))
    },
  })
  const look = (source: Dataset['source']) => {
    add.reset()
    propose.mutate(source)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const path = file.trim()
    look(isDuckDb(path) && table.trim() !== '' ? { path, table: table.trim() } : { path })
  }
  return (
    <Page title="Add a dataset" crumbs={[{ name: 'Datasets', address: '/' }]}>
      <Panel
        title="Source"
        hint="A DuckDB file, Parquet, CSV or JSON lines on the server's disk. It is only read."
      >
        <form onSubmit={submit}>
          <Group align="flex-end" gap="sm">
            <TextInput
              label="File"
              placeholder="/data/products.parquet"
              value={file}
              onChange={(event) => setFile(event.currentTarget.value)}
              style={{ flex: '1 1 18rem' }}
              required
            />
            {isDuckDb(file) && (
              <TextInput
                label="Table"
                placeholder="main.products"
                value={table}
                onChange={(event) => setTable(event.currentTarget.value)}
                style={{ flex: '1 1 10rem' }}
              />
            )}
            <Button
              variant="default"
              leftSection={<Icon name="folder" />}
              onClick={() => setIsPicking(!isPicking)}
              aria-expanded={isPicking}
            >
              Browse
            </Button>
            <Button type="submit" loading={propose.isPending} disabled={file.trim() === ''}>
              Look at it
            </Button>
          </Group>
        </form>
        {isPicking && (
          <FilePicker
            onPick={(source) => {
              setFile(source.path)
              setTable(source.table ?? '')
              setIsPicking(false)
              look(source)
            }}
          />
        )}
      </Panel>
      <Stack gap="md" aria-live="polite">
        {propose.isPending && <Loading of="the file" lines={4} />}
        {propose.isError && <ErrorNote error={propose.error} title="Cannot read this file" />}
        {propose.data !== undefined && (
          <ProposalForm
            key={propose.submittedAt}
            proposal={propose.data}
            isSaving={add.isPending}
            error={add.error}
            onSave={(dataset) => add.mutate(dataset)}
          />
        )}
      </Stack>
    </Page>
  )
}
