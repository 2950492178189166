import { Checkbox, Group } from '@mantine/core'

import { flagShown, useChangeColumn } from '../api/actions'
import type { ColumnBrief } from '../api/types'
import { flags } from '../datasets/flags'
import { ErrorNote } from '../parts/notes'
import { Panel } from '../parts/panel'

export function FlagsPanel({ dataset, column }: { dataset: string; column: ColumnBrief }) {
  const change = useChangeColumn(dataset)
  return (
    <Panel title="Flags" hint="Saved at once">
      <Group gap="xl">
        {flags.map(({ flag, name, hint }) => (
          <Checkbox
            key={flag}
            label={name}
            description={hint}
            checked={flagShown(change, column.name, flag, column[flag])}
            disabled={change.isPending}
            onChange={(event) =>
              change.mutate({
                column: column.name,
                change: { [flag]: event.currentTarget.checked },
              })
            }
          />
        ))}
      </Group>
      {change.isError && <ErrorNote error={change.error} title="The flag was not changed" />}
    </Panel>
  )
}
