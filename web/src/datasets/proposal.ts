// A dataset that is about to be added.
import type { Dataset, DatasetColumn } from '../api/types'
import { lastPart } from '../format/format'

export type Flag = 'is_primary_key' | 'is_target' | 'is_date_column'

export function isDuckDb(path: string): boolean {
  return /\.(duckdb|ddb|db)$/i.test(path.trim())
}

/** A name that a dataset may have: /data/Products 2024.csv gives "Products_2024". */
export function nameFor({ path, table = '' }: Dataset['source']): string {
  const stem =
    table === '' ? lastPart(path).replace(/(?<=.)\.[A-Za-z0-9]+$/, '') : table.split('.').pop()
  const name = (stem ?? '').replace(/[^A-Za-z0-9_-]+/g, '_')
  return name.replace(/^[^A-Za-z0-9]+|[_-]+$/g, '') || 'dataset'
}

/** With the flag of one column turned; columns without a flag have no such field. */
export function withFlag(dataset: Dataset, column: string, flag: Flag, value: boolean): Dataset {
  return {
    ...dataset,
    columns: dataset.columns.map((each) =>
      each.name === column ? flagged(each, flag, value) : each,
    ),
  }
}

function flagged(column: DatasetColumn, flag: Flag, value: boolean): DatasetColumn {
  const { [flag]: _, ...rest } = column
  return value ? { ...rest, [flag]: true } : rest
}

export function keyColumns(dataset: Dataset): string[] {
  return dataset.columns.filter((column) => column.is_primary_key === true).map(({ name }) => name)
}
