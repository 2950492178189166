import { ActionIcon, Anchor, Checkbox, Skeleton, Table, Text } from '@mantine/core'
import { Link } from 'wouter'

import type { ColumnStatus, DatasetColumn, EmbeddingStep } from '../api/types'
import { flags } from '../datasets/flags'
import type { Flag } from '../datasets/proposal'
import { count, lastPart } from '../format/format'
import { CoverageBar } from '../parts/coverage_bar'
import { Icon } from '../parts/icon'
import { StatusBadge } from '../parts/status_badge'
import { columnAddress, settingsAddress } from '../shell/addresses'

interface ColumnRowProps {
  dataset: string
  column: DatasetColumn
  status: ColumnStatus | undefined
  isReading: boolean
  isSaving: boolean
  isFlagged: (flag: Flag) => boolean
  onFlag: (flag: Flag, value: boolean) => void
}

export function stepOf(column: DatasetColumn): EmbeddingStep | undefined {
  return column.preprocessing_steps?.params?.embedding
}

export function ColumnRow(props: ColumnRowProps) {
  const { dataset, column, status, isReading, isSaving, isFlagged, onFlag } = props
  const step = stepOf(column)
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>
        <Anchor
          component={Link}
          href={columnAddress(dataset, column.name)}
          fw={600}
          className="user-text"
        >
          {column.name}
        </Anchor>
        <Text size="xs" c="dimmed" ff="monospace">
          {column.type}
        </Text>
      </Table.Th>
      <Table.Td data-label="Embedding">
        <div>
          <EmbeddingCell step={step} status={status} isReading={isReading} />
        </div>
      </Table.Td>
      <Table.Td data-label={step === undefined ? undefined : 'Coverage'}>
        {step !== undefined && status !== undefined && (
          <CoverageBar coverage={status} of={column.name} />
        )}
        {step !== undefined && isReading && <Skeleton height={10} width={130} />}
      </Table.Td>
      <Table.Td className="number" data-label="Dimension">
        {status !== undefined && status.dimension > 0 ? count(status.dimension) : '–'}
      </Table.Td>
      {flags.map(({ flag, name }) => (
        <Table.Td key={flag} data-label={name}>
          <Checkbox
            aria-label={`${column.name}: ${name}`}
            checked={isFlagged(flag)}
            disabled={isSaving}
            onChange={(event) => onFlag(flag, event.currentTarget.checked)}
          />
        </Table.Td>
      ))}
      <Table.Td>
        <ActionIcon
          component={Link}
          href={settingsAddress(dataset, column.name)}
          variant="subtle"
          color="gray"
          c="dimmed"
          aria-label={`Settings of ${column.name}`}
          title={`Settings of ${column.name}`}
        >
          <Icon name="settings" />
        </ActionIcon>
      </Table.Td>
    </Table.Tr>
  )
}

interface EmbeddingCellProps {
  step: EmbeddingStep | undefined
  status: ColumnStatus | undefined
  isReading: boolean
}

function EmbeddingCell({ step, status, isReading }: EmbeddingCellProps) {
  if (status === undefined && step !== undefined && isReading) {
    return <Skeleton height={20} width={90} radius="xl" />
  }
  const state = step === undefined ? 'not configured' : status?.status
  return (
    <>
      {state !== undefined && <StatusBadge state={state} />}
      {step !== undefined && (
        <Text size="xs" c="dimmed" mt={4} className="user-text" title={step.model}>
          {lastPart(step.model)}
        </Text>
      )}
      {status !== undefined && status.detail !== '' && (
        <Text size="xs" c="dimmed" className="user-text" maw={300}>
          {status.detail}
        </Text>
      )}
    </>
  )
}
