// One past run: what it did for each column, and where the time went.
import { List, Stack, Text, Title } from '@mantine/core'

import type { ColumnRun, DatasetRun } from '../api/types'
import { count, share } from '../format/format'
import { Figures } from '../parts/figures'
import { IssueList } from '../parts/issue_list'
import { StageBar } from '../parts/stage_bar'
import { ErrorNote } from '../parts/notes'
import { textsReused } from '../api/run_sums'

export function RunDetails({ run }: { run: DatasetRun }) {
  return (
    <Stack gap="lg">
      {run.error !== undefined && run.error !== '' && (
        <ErrorNote error={new Error(run.error)} title="The run failed" />
      )}
      {run.columns.map((column) => (
        <ColumnOfRun key={column.column} run={column} />
      ))}
      {run.notes.length > 0 && <Lines lines={run.notes} />}
      {Object.keys(run.stage_seconds).length > 0 && (
        <div>
          <Title order={3} size="h6">
            Time by stage
          </Title>
          <Text size="xs" c="dimmed" mb="xs">
            Of all threads together; scan and write as they passed
          </Text>
          <StageBar seconds={run.stage_seconds} />
        </div>
      )}
      <Text size="xs" c="dimmed" ff="monospace">
        {run.engine_version} · run {run.id}
      </Text>
    </Stack>
  )
}

function ColumnOfRun({ run }: { run: ColumnRun }) {
  const figures = [
    { name: 'New rows', value: count(run.rows_new) },
    { name: 'Rows with another text', value: count(run.rows_changed) },
    { name: 'Distinct texts', value: count(run.distinct_texts) },
    { name: 'Reused vectors', value: count(textsReused(run)) },
    { name: 'Texts embedded', value: count(run.texts_embedded) },
    { name: 'Tokens', value: count(run.tokens) },
  ]
  if (run.explained_variance !== undefined) {
    figures.push({ name: 'Variance explained', value: share(run.explained_variance) })
  }
  if (run.overlap_at_10 !== undefined) {
    figures.push({ name: 'Neighbours kept of ten', value: share(run.overlap_at_10) })
  }
  return (
    <section aria-label={`Column ${run.column}`}>
      <Title order={3} size="h6" mb="xs" className="user-text">
        {run.column}
      </Title>
      <Figures figures={figures} />
      <Lines lines={run.did} />
      <IssueList issues={run.issues} examples={run.examples} />
    </section>
  )
}

function Lines({ lines }: { lines: string[] }) {
  return (
    <List size="sm" mt="sm">
      {lines.map((line) => (
        <List.Item key={line} className="user-text">
          {line}
        </List.Item>
      ))}
    </List>
  )
}
