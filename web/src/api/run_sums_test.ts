import { describe, expect, it } from 'vitest'

import { firstColumnDone, textsReused } from './run_sums'
import type { ColumnRun, DatasetRun } from './types'

const column = { column: 'text', distinct_texts: 9, texts_missing: 5, texts_copied: 2 } as ColumnRun
const run = (outcome: DatasetRun['outcome'], columns = [column]) =>
  ({ outcome, columns }) as DatasetRun

describe('what a run says of its column', () => {
  it('counts the texts that were not embedded again', () => {
    expect(textsReused(column)).toBe(6)
  })

  it('is known where it came to its end', () => {
    expect(firstColumnDone(run('done'))).toBe(column)
    expect(firstColumnDone(run('done', []))).toBeUndefined()
    expect(firstColumnDone(run('failed'))).toBeUndefined()
    expect(firstColumnDone(run('cancelled'))).toBeUndefined()
    expect(firstColumnDone(null)).toBeUndefined()
  })
})
