// What shortening the vectors has cost with the settings of the last run.
import { Button, Group, Text } from '@mantine/core'

import { useChangeColumn } from '../api/actions'
import type { ColumnRun } from '../api/types'
import { share } from '../format/format'
import { ErrorNote } from '../parts/notes'

interface MeasuredLossProps {
  dataset: string
  column: ColumnRun | undefined
}

export function MeasuredLoss({ dataset, column }: MeasuredLossProps) {
  const change = useChangeColumn(dataset)
  if (column?.overlap_at_10 === undefined) return null
  const isPca = column.explained_variance !== undefined
  return (
    <>
      <Group mt="md" justify="space-between">
        <Text size="sm" c="dimmed">
          Measured by the last run, {column.base_dimension} to {column.dimension} numbers:{' '}
          {share(column.overlap_at_10)} of the ten nearest neighbours stay
          {isPca && `, ${share(column.explained_variance ?? 0)} of the variance is explained`}.
        </Text>
        {isPca && (
          <Button
            variant="default"
            size="xs"
            loading={change.isPending}
            disabled={change.isSuccess}
            onClick={() => change.mutate({ column: column.column, change: { refit: true } })}
          >
            {change.isSuccess ? 'The next refresh fits it anew' : 'Fit the PCA anew'}
          </Button>
        )}
      </Group>
      {change.isError && <ErrorNote error={change.error} />}
    </>
  )
}
