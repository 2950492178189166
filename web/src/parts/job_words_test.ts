import { expect, it } from 'vitest'

import type { Job } from '../api/types'
import { progressShare, progressWords, resultWords, spokenProgress } from './job_words'

const job: Job = {
  id: '1',
  kind: 'refresh',
  title: 'Refresh products',
  dataset: 'products',
  state: 'running',
  created_ms: 0,
  started_ms: 0,
  finished_ms: null,
  progress: {
    phase: 'embedding',
    done: 3200,
    total: 5821,
    per_second: 412.4,
    tokens_done: 0,
    tokens_per_second: 11200,
    eta_seconds: 6.3,
  },
  error: null,
  result: null,
}

it('tells rows, speed and what is left', () => {
  expect(progressWords(job)).toEqual([
    '3,200 of 5,821 rows',
    '412 rows/s',
    '11,200 tokens/s',
    'about 7 s left',
  ])
  expect(progressShare(job)).toBeCloseTo(0.55, 2)
})

it.each(['push', 'pull', 'sync', 'pull_model'])('tells the progress of a %s in bytes', (kind) => {
  const progress = { ...job.progress, done: 90e6, total: 1.2e9, per_second: 12.5e6 }
  expect(progressWords({ ...job, kind, progress }).slice(0, 2)).toEqual([
    '90 MB of 1.2 GB',
    '12.5 MB/s',
  ])
})

const synced = {
  pulled: { commits: 0, files: 0, bytes: 0, notes: [] },
  pushed: { commits: 2, files: 1, bytes: 6.5e6, notes: [] },
}

it.each([
  ['refresh', { outcome: 'unchanged', columns: [] }, 'nothing had changed'],
  ['refresh', { outcome: 'done', columns: [{ texts_embedded: 1 }] }, '1 text embedded'],
  ['compact', { files_before: 12, files_after: 2 }, '12 files became 2'],
  ['compact', { files_before: 2, files_after: 2 }, 'no files to put together'],
  ['deploy', { files_copied: 3, bytes_copied: 1500 }, '3 files copied, 1.5 kB'],
  ['deploy', { files_copied: 0, bytes_copied: 0 }, 'all of it was there'],
  ['push', synced, '2 commits pushed: 1 file, 6.5 MB'],
  ['pull', synced, 'nothing to be pulled'],
  ['sync', synced, 'nothing to be pulled; 2 commits pushed: 1 file, 6.5 MB'],
  ['bench', { rates: [{ texts_per_second: 9 }, { texts_per_second: 412.4 }] }, '412 texts/s'],
  ['pull_model', { bytes_fetched: 90e6 }, '90 MB fetched'],
  ['pull_model', { bytes_fetched: 0 }, 'all of it was there'],
  ['verify_model', { files: 5 }, '5 files as the hub has them'],
  ['a kind of another version', { files: 5 }, ''],
  ['refresh', null, ''],
])('of a %s that came to %j it says "%s"', (kind, result, words) => {
  expect(resultWords({ ...job, kind, state: 'done', result })).toBe(words)
})

it('says nothing of what is not known', () => {
  const progress = {
    ...job.progress,
    done: 0,
    total: 0,
    per_second: 0,
    tokens_per_second: 0,
    eta_seconds: 0,
  }
  expect(progressWords({ ...job, progress })).toEqual([])
  expect(progressShare({ ...job, progress })).toBeNull()
  expect(progressShare({ ...job, progress, state: 'done' })).toBe(1)
})

it('speaks in tenths, so that a screen reader is not kept talking', () => {
  expect(spokenProgress(job)).toBe('Refresh products: embedding, 50 %')
  expect(spokenProgress({ ...job, state: 'cancelled' })).toBe('Refresh products: cancelled, 50 %')
})
