import { Text } from '@mantine/core'

import type { ColumnBrief } from '../api/types'
import { LinkButton } from '../parts/link_button'
import { Empty } from '../parts/notes'
import { settingsAddress } from '../shell/addresses'

export function NoStep({ dataset, column }: { dataset: string; column: ColumnBrief }) {
  return (
    <Empty icon="models" title="This column has no embedding">
      <Text size="sm" c="dimmed">
        Choose a model in its settings, then refresh the dataset.
      </Text>
      <LinkButton to={settingsAddress(dataset, column.name)}>
        Give {column.name} an embedding
      </LinkButton>
    </Empty>
  )
}
