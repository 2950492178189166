import { Anchor, Table, Text } from '@mantine/core'
import { Link } from 'wouter'

import type { DatasetSummary } from '../api/types'
import { bytes, count, counted, lastPart } from '../format/format'
import { DataTable } from '../parts/data_table'
import { JobLine } from '../parts/job_line'
import { StatusBadge } from '../parts/status_badge'
import { When } from '../parts/when'
import { datasetAddress } from '../shell/addresses'

export function DatasetList({ datasets }: { datasets: DatasetSummary[] }) {
  return (
    <DataTable
      caption="Datasets"
      minWidth={720}
      stacks
      head={
        <Table.Tr>
          <Table.Th scope="col">Dataset</Table.Th>
          <Table.Th scope="col">Status</Table.Th>
          <Table.Th scope="col" className="number">
            Rows
          </Table.Th>
          <Table.Th scope="col" className="number">
            Columns
          </Table.Th>
          <Table.Th scope="col" className="number">
            Size of vectors
          </Table.Th>
          <Table.Th scope="col">Last run</Table.Th>
        </Table.Tr>
      }
    >
      {datasets.map((dataset) => (
        <DatasetRow key={dataset.name} dataset={dataset} />
      ))}
    </DataTable>
  )
}

function DatasetRow({ dataset }: { dataset: DatasetSummary }) {
  const { rows, bytes: size, status, last_run: run, running_job: job } = dataset
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>
        <Anchor component={Link} href={datasetAddress(dataset.name)} fw={600} className="user-text">
          {dataset.name}
        </Anchor>
        <Text size="xs" c="dimmed" className="user-text" title={dataset.source.path}>
          {lastPart(dataset.source.path)}
          {dataset.source.table === undefined || dataset.source.table === ''
            ? ''
            : ` · ${dataset.source.table}`}
        </Text>
      </Table.Th>
      <Table.Td data-label="Status">
        <div>
          {status === null ? (
            <Text size="sm" c="dimmed">
              reading …
            </Text>
          ) : (
            <StatusBadge state={status} />
          )}
          {dataset.detail !== '' && (
            <Text size="xs" c="dimmed" className="user-text" mt={4} maw={280}>
              {dataset.detail}
            </Text>
          )}
        </div>
      </Table.Td>
      <Table.Td className="number" data-label="Rows">
        {rows === null ? '…' : count(rows)}
      </Table.Td>
      <Table.Td className="number" data-label="Columns">
        <div>
          {count(dataset.columns)}
          <Text size="xs" c="dimmed">
            {dataset.embedded_columns} embedded
          </Text>
        </div>
      </Table.Td>
      <Table.Td className="number" data-label="Size of vectors">
        {size === null ? '…' : bytes(size)}
      </Table.Td>
      <Table.Td data-label="Last run">
        {job !== null ? (
          <JobLine job={job} />
        ) : run === null ? (
          <Text size="sm" c="dimmed">
            never
          </Text>
        ) : (
          <div>
            <When ms={run.started_ms} />
            <Text size="xs" c="dimmed">
              {run.outcome}
            </Text>
          </div>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

export function rowsAndColumns(rows: number, columns: number): string {
  return `${counted(rows, 'row')}, ${counted(columns, 'column')}`
}
