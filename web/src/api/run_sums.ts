import type { ColumnRun, DatasetRun } from './types'

export function textsEmbedded(run: DatasetRun): number {
  return run.columns.reduce((sum, column) => sum + column.texts_embedded, 0)
}

/** Texts of the source whose vector was there already, in the store or in another column. */
export function textsReused(run: ColumnRun): number {
  return run.distinct_texts - run.texts_missing + run.texts_copied
}
