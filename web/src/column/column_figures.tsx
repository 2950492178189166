// Dimension, model, fingerprint and coverage of a column.
import { Text } from '@mantine/core'

import type { ColumnDetails, ColumnStatus } from '../api/types'
import { firstColumnDone, textsReused } from '../api/run_sums'
import { bytes, count, share } from '../format/format'
import { CopyText } from '../parts/copy_text'
import { CoverageBar } from '../parts/coverage_bar'
import { Figures, type Figure } from '../parts/figures'
import { Panel } from '../parts/panel'

export function ColumnFigures({ details }: { details: ColumnDetails }) {
  const { column, status, store } = details
  const vectors = column.active ?? column.target
  const run = firstColumnDone(details.last_run)
  const figures: Figure[] = []
  if (vectors !== null) {
    figures.push({
      name: 'Dimension',
      value: count(vectors.dimension),
      hint:
        vectors.base_dimension === vectors.dimension
          ? 'the model’s own'
          : `shortened from ${count(vectors.base_dimension)}`,
    })
    figures.push({ name: 'Precision', value: vectors.precision })
  }
  if (status !== null) {
    figures.push(
      { name: 'Distinct texts', value: count(status.distinct_texts), hint: textsPerRow(status) },
      { name: 'Vectors stored', value: count(status.vectors_stored) },
    )
  }
  if (run !== undefined) {
    figures.push({
      name: 'Reused vectors',
      value: count(textsReused(run)),
      hint: 'texts that the last run did not embed again',
    })
    if (run.explained_variance !== undefined) {
      figures.push({ name: 'Variance explained', value: share(run.explained_variance) })
    }
    if (run.overlap_at_10 !== undefined) {
      figures.push({
        name: 'Neighbours kept of ten',
        value: share(run.overlap_at_10),
        hint: 'of the base vectors’ nearest',
      })
    }
  }
  if (store !== null) figures.push({ name: 'Size of the store', value: bytes(store.bytes) })
  return (
    <Panel title="Vectors">
      <Figures figures={figures} />
      {status !== null && (
        <div style={{ marginTop: 'var(--mantine-spacing-lg)' }}>
          <Text size="xs" c="dimmed" mb={4}>
            Rows that have their vector
          </Text>
          <CoverageBar coverage={status} of={column.name} />
          {status.detail !== '' && (
            <Text size="sm" c="dimmed" mt="xs" className="user-text">
              {status.detail}
            </Text>
          )}
        </div>
      )}
      <CopyText name="Model" text={column.embedding?.model ?? ''} />
      {vectors !== null && <CopyText name="Fingerprint" text={vectors.fingerprint} />}
    </Panel>
  )
}

function textsPerRow(status: ColumnStatus): string {
  return `in ${count(status.rows_with_text)} rows with a text, of ${count(status.rows)}`
}
