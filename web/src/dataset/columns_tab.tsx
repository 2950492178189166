// The columns of a dataset: type, flags, model, and how far their vectors are.
import { Stack, Table, Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'

import { flagShown, useChangeColumn } from '../api/actions'
import type { Dataset, DatasetStatus } from '../api/types'
import { flags } from '../datasets/flags'
import { DataTable } from '../parts/data_table'
import { ErrorNote } from '../parts/notes'
import { ColumnRow, stepOf } from './column_row'

interface ColumnsTabProps {
  dataset: Dataset
  status: UseQueryResult<DatasetStatus>
}

export function ColumnsTab({ dataset, status }: ColumnsTabProps) {
  const change = useChangeColumn(dataset.name)
  return (
    <Stack gap="sm">
      {change.isError && <ErrorNote error={change.error} title="The flag was not changed" />}
      {status.isError && (
        <ErrorNote
          error={status.error}
          title="The status cannot be told"
          onRetry={() => void status.refetch()}
        />
      )}
      {dataset.columns.every((column) => stepOf(column) === undefined) && (
        <Text size="sm" c="dimmed">
          No column has an embedding yet: give one a model in its settings, then refresh.
        </Text>
      )}
      <DataTable
        caption={`Columns of ${dataset.name}`}
        minWidth={860}
        stacks
        head={
          <Table.Tr>
            <Table.Th scope="col">Column</Table.Th>
            <Table.Th scope="col">Embedding</Table.Th>
            <Table.Th scope="col">Coverage</Table.Th>
            <Table.Th scope="col" className="number">
              Dimension
            </Table.Th>
            {flags.map(({ flag, name, hint }) => (
              <Table.Th key={flag} scope="col" title={hint}>
                {name}
              </Table.Th>
            ))}
            <Table.Th scope="col">
              <span className="visually-hidden">Settings</span>
            </Table.Th>
          </Table.Tr>
        }
      >
        {dataset.columns.map((column) => (
          <ColumnRow
            key={column.name}
            dataset={dataset.name}
            column={column}
            status={status.data?.columns.find((each) => each.column === column.name)}
            isReading={status.data === undefined && !status.isError}
            isSaving={change.isPending}
            isFlagged={(flag) => flagShown(change, column.name, flag, column[flag] === true)}
            onFlag={(flag, value) =>
              change.mutate({ column: column.name, change: { [flag]: value } })
            }
          />
        ))}
      </DataTable>
    </Stack>
  )
}
