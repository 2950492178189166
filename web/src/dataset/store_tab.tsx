// What the stores of a dataset's columns hold, and the remote that they are pushed to.
import { Table, Text } from '@mantine/core'

import type { Dataset, DatasetStatus } from '../api/types'
import { Empty } from '../parts/notes'
import { Panel } from '../parts/panel'
import { stepOf } from './column_row'
import { RemotePanel } from './remote_panel'
import { StorePanel } from './store_panel'

interface StoreTabProps {
  dataset: Dataset
  status: DatasetStatus | undefined
}

export function StoreTab({ dataset, status }: StoreTabProps) {
  const columns = dataset.columns.filter((column) => stepOf(column) !== undefined)
  return (
    <>
      {columns.length === 0 && (
        <Empty icon="store" title="No store yet">
          <Text size="sm" c="dimmed">
            Each column with an embedding has a store of its own.
          </Text>
        </Empty>
      )}
      {columns.map((column) => (
        <StorePanel key={column.name} dataset={dataset.name} column={column.name} isAbroad />
      ))}
      {status !== undefined && status.processed !== '' && (
        <Panel
          title="The table with its vectors"
          hint="Parquet, written anew by each refresh that changed something"
        >
          <Table variant="vertical" withRowBorders={false}>
            <Table.Tbody>
              <Table.Tr>
                <Table.Th w={90}>Folder</Table.Th>
                <Table.Td ff="monospace" fz="sm" className="user-text">
                  {status.processed}
                </Table.Td>
              </Table.Tr>
            </Table.Tbody>
          </Table>
        </Panel>
      )}
      <RemotePanel key={dataset.revision} dataset={dataset} sync={status?.sync} />
    </>
  )
}
