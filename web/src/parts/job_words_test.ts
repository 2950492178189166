import { expect, it } from 'vitest'

import type { Job } from '../api/types'
import { progressShare, progressWords, spokenProgress } from './job_words'

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
