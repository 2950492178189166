// The versions of a store, the newest first.
import { Button, Table, Text } from '@mantine/core'
import { useState } from 'react'

import type { StoreVersion } from '../api/types'
import { count } from '../format/format'
import { DataTable } from './data_table'
import { When } from './when'

const shownAtFirst = 6

export function Versions({ of, versions }: { of: string; versions: StoreVersion[] }) {
  const [showsAll, setShowsAll] = useState(false)
  if (versions.length === 0) {
    return (
      <Text size="sm" c="dimmed" mt="sm">
        No versions yet.
      </Text>
    )
  }
  const shown = showsAll ? versions : versions.slice(0, shownAtFirst)
  return (
    <div style={{ marginTop: 'var(--mantine-spacing-md)' }}>
      <DataTable
        caption={`Versions of the store of ${of}`}
        stacks
        head={
          <Table.Tr>
            <Table.Th scope="col">Version</Table.Th>
            <Table.Th scope="col">When</Table.Th>
            <Table.Th scope="col">Operation</Table.Th>
            <Table.Th scope="col" className="number">
              Rows added
            </Table.Th>
            <Table.Th scope="col" className="number">
              Files
            </Table.Th>
          </Table.Tr>
        }
      >
        {shown.map((version) => (
          <Table.Tr key={`${version.table}-${version.version}`}>
            <Table.Th scope="row" fw={400}>
              {version.table} {version.version}
            </Table.Th>
            <Table.Td data-label="When">
              <When ms={version.time_ms} />
            </Table.Td>
            <Table.Td data-label="Operation">{version.operation.toLowerCase()}</Table.Td>
            <Table.Td className="number" data-label="Rows added">
              {count(version.rows_added)}
            </Table.Td>
            <Table.Td className="number" data-label="Files">
              +{count(version.files_added)}
              {version.files_removed > 0 && ` −${count(version.files_removed)}`}
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      {versions.length > shown.length && (
        <Button variant="subtle" size="xs" mt="xs" onClick={() => setShowsAll(true)}>
          Show all {count(versions.length)}
        </Button>
      )}
    </div>
  )
}
