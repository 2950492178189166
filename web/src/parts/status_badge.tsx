// How far a column is, or how a job or run stands: a mark and a word, coloured.
import type { ColumnState, JobState, RunOutcome } from '../api/types'
import classes from './status_badge.module.css'

export type BadgeState = ColumnState | JobState | RunOutcome

const marks: Record<BadgeState, { mark: string; kind: string }> = {
  'not configured': { mark: '–', kind: 'none' },
  empty: { mark: '○', kind: 'empty' },
  partial: { mark: '◐', kind: 'partial' },
  stale: { mark: '↻', kind: 'partial' },
  ready: { mark: '●', kind: 'ready' },
  failed: { mark: '✕', kind: 'failed' },
  queued: { mark: '○', kind: 'empty' },
  running: { mark: '▸', kind: 'running' },
  done: { mark: '✓', kind: 'ready' },
  unchanged: { mark: '=', kind: 'empty' },
  cancelled: { mark: '■', kind: 'empty' },
}

export function StatusBadge({ state }: { state: BadgeState }) {
  const { mark, kind } = marks[state] ?? { mark: '?', kind: 'empty' }
  return (
    <span className={classes.badge} data-kind={kind}>
      <span aria-hidden="true">{mark}</span>
      <span>{state}</span>
    </span>
  )
}
