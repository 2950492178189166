// What a file holds, and the dataset that comes of it: its name and the flags of its columns.
import { Alert, Button, Checkbox, Group, List, Table, Text, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'

import type { Dataset, DatasetProposal } from '../api/types'
import { DataTable } from '../parts/data_table'
import { ErrorNote } from '../parts/notes'
import { Panel } from '../parts/panel'
import { TextTable } from '../parts/text_table'
import { rowsAndColumns } from './dataset_list'
import { flags } from './flags'
import { keyColumns, withFlag } from './proposal'

interface ProposalFormProps {
  proposal: DatasetProposal
  isSaving: boolean
  error: unknown
  onSave: (dataset: Dataset) => void
}

export function ProposalForm({ proposal, isSaving, error, onSave }: ProposalFormProps) {
  const [dataset, setDataset] = useState(proposal.dataset)
  const key = keyColumns(dataset)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSave(dataset)
  }
  return (
    <form onSubmit={submit} style={{ display: 'contents' }}>
      <Panel
        title="Columns"
        hint={`${rowsAndColumns(proposal.rows, dataset.columns.length)}. Check the proposed flags; they can be changed later.`}
      >
        <DataTable
          caption="Columns of the file"
          head={
            <Table.Tr>
              <Table.Th scope="col">Column</Table.Th>
              <Table.Th scope="col">Type</Table.Th>
              {flags.map(({ flag, name, hint }) => (
                <Table.Th key={flag} scope="col" title={hint}>
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          }
        >
          {dataset.columns.map((column) => (
            <Table.Tr key={column.name}>
              <Table.Th scope="row" fw={500}>
                <span className="user-text">{column.name}</span>
                {proposal.text_like.includes(column.name) && (
                  <Text size="xs" c="dimmed">
                    looks like text
                  </Text>
                )}
              </Table.Th>
              <Table.Td ff="monospace" fz="xs">
                {column.type}
              </Table.Td>
              {flags.map(({ flag, name }) => (
                <Table.Td key={flag}>
                  <Checkbox
                    aria-label={`${column.name}: ${name}`}
                    checked={column[flag] === true}
                    onChange={(event) =>
                      setDataset(withFlag(dataset, column.name, flag, event.currentTarget.checked))
                    }
                  />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </DataTable>
        {proposal.notes.length > 0 && (
          <Alert mt="md" variant="default" title="Why these flags">
            <List size="sm">
              {proposal.notes.map((note) => (
                <List.Item key={note} className="user-text">
                  {note}
                </List.Item>
              ))}
            </List>
          </Alert>
        )}
      </Panel>
      <Panel title="First rows">
        <TextTable caption="First rows" columns={dataset.columns} rows={proposal.preview} />
      </Panel>
      <Panel title="Save" hint="Nothing is embedded yet: that is set for each column afterwards.">
        <Group align="flex-end">
          <TextInput
            label="Name of the dataset"
            value={dataset.name}
            onChange={(event) => setDataset({ ...dataset, name: event.currentTarget.value })}
            style={{ flex: '0 1 20rem' }}
            required
          />
          <Button type="submit" loading={isSaving}>
            Add the dataset
          </Button>
        </Group>
        {key.length === 0 && (
          <Text size="sm" c="dimmed" mt="sm">
            No column is flagged as primary key: an embedding needs one.
          </Text>
        )}
        {error !== null && error !== undefined && (
          <div style={{ marginTop: 'var(--mantine-spacing-md)' }}>
            <ErrorNote error={error} title="The dataset was not added" />
          </div>
        )}
      </Panel>
    </form>
  )
}
