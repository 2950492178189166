import { expect, it } from 'vitest'

import type { Dataset } from '../api/types'
import { isDuckDb, keyColumns, nameFor, withFlag } from './proposal'

it.each([
  [{ path: '/data/products.parquet' }, 'products'],
  [{ path: '/data/Products 2024.csv' }, 'Products_2024'],
  [{ path: '/data/shop.duckdb', table: 'main.orders' }, 'orders'],
  [{ path: '/data/part-*.parquet' }, 'part'],
  [{ path: '/data/.csv' }, 'csv'],
  [{ path: '***' }, 'dataset'],
])('a dataset of %o is called %s at first', (source, name) => expect(nameFor(source)).toBe(name))

it.each([
  ['/a/b.duckdb', true],
  ['/a/b.DB ', true],
  ['/a/b.parquet', false],
])('%s is a DuckDB file: %s', (path, is) => expect(isDuckDb(path)).toBe(is))

it('turns one flag of one column and leaves no flag that is false', () => {
  const dataset: Dataset = {
    name: 'd',
    revision: 0,
    source: { path: 'x' },
    columns: [{ name: 'id', is_primary_key: true }, { name: 'shop' }],
  }
  const both = withFlag(dataset, 'shop', 'is_primary_key', true)
  expect(keyColumns(both)).toEqual(['id', 'shop'])
  expect(withFlag(both, 'id', 'is_primary_key', false).columns[0]).toEqual({ name: 'id' })
  expect(keyColumns(dataset)).toEqual(['id'])
})
