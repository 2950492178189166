import type { ColumnRun, DatasetRun } from './types'

export function textsEmbedded(run: DatasetRun): number {
  return run.columns.reduce((sum, column) => sum + column.texts_embedded, 0)
}

/** Texts of the source whose vector was there already, in the store or in another column. */
export function textsReused(run: ColumnRun): number {
  return run.distinct_texts - run.texts_missing + run.texts_copied
}

/** What a run says of its first column; nothing where it did not come to its end. */
export function firstColumnDone(run: DatasetRun | null): ColumnRun | undefined {
  return run?.outcome === 'done' ? run.columns[0] : undefined
}
