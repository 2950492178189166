// What a search has found: the score, the text, and the row's other columns.
import { Group, Paper, Stack, Text } from '@mantine/core'

import type { SearchHit, SearchResult } from '../api/types'
import { counted } from '../format/format'
import { Empty } from '../parts/notes'
import { CellText } from '../parts/text_table'
import classes from './search_hits.module.css'

export function SearchHits({ result, column }: { result: SearchResult; column: string }) {
  if (result.hits.length === 0) {
    return (
      <Empty icon="search" title="No row is left">
        <Text size="sm" c="dimmed">
          The condition allows none of the rows that have a vector.
        </Text>
      </Empty>
    )
  }
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        The {counted(result.hits.length, 'nearest row', 'nearest rows')} of{' '}
        {counted(result.rows, 'row')}
      </Text>
      <Stack component="ol" gap="sm" m={0} p={0} className={classes.list}>
        {result.hits.map((hit, index) => (
          <li key={index}>
            <Hit hit={hit} columns={result.columns} column={column} />
          </li>
        ))}
      </Stack>
    </Stack>
  )
}

interface HitProps {
  hit: SearchHit
  columns: string[]
  column: string
}

function Hit({ hit, columns, column }: HitProps) {
  const text = hit.values[columns.indexOf(column)] ?? null
  return (
    <Paper withBorder p="md" bg="var(--surface)">
      <Group align="flex-start" wrap="nowrap" gap="md">
        <div className={classes.score}>
          <span className="visually-hidden">Score </span>
          {hit.score.toFixed(4)}
          <div className={classes.bar} aria-hidden="true">
            <div style={{ width: `${Math.max(0, Math.min(1, hit.score)) * 100}%` }} />
          </div>
        </div>
        <div className={classes.row}>
          <CellText value={text} isWide />
          <dl className={classes.others}>
            {columns.map((name, index) =>
              name === column ? null : (
                <div key={name}>
                  <dt className="user-text">{name}</dt>
                  <dd>
                    <CellText value={hit.values[index] ?? null} />
                  </dd>
                </div>
              ),
            )}
          </dl>
        </div>
      </Group>
    </Paper>
  )
}
