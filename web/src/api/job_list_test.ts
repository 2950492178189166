import { expect, it } from 'vitest'

import { isActive, lastFailure, SpeedHistory, withJob } from './job_list'
import type { Job, JobState } from './types'

function job(id: string, created_ms: number, state: JobState = 'running', per_second = 0): Job {
  return {
    id,
    kind: 'refresh',
    title: `Refresh ${id}`,
    dataset: 'products',
    state,
    created_ms,
    started_ms: created_ms,
    finished_ms: null,
    progress: {
      phase: 'embedding',
      done: 0,
      total: 0,
      per_second,
      tokens_done: 0,
      tokens_per_second: per_second * 10,
      eta_seconds: 0,
    },
    error: null,
    result: null,
  }
}

it('puts a new job before older ones and a known one in its place', () => {
  const list = withJob(withJob(undefined, job('a', 1)), job('b', 2))
  expect(list.map(({ id }) => id)).toEqual(['b', 'a'])
  const changed = withJob(list, job('a', 1, 'done'))
  expect(changed.map(({ id, state }) => [id, state])).toEqual([
    ['b', 'running'],
    ['a', 'done'],
  ])
})

it.each([
  ['queued', true],
  ['running', true],
  ['done', false],
  ['failed', false],
  ['cancelled', false],
] as const)('a job that is %s is active: %s', (state, active) =>
  expect(isActive(job('a', 1, state))).toBe(active),
)

it.each([
  ['done', undefined],
  ['running', undefined],
  ['queued', undefined],
  ['cancelled', 'a'],
] as const)('after a job of the same kind that is %s the failure to tell is %s', (state, told) => {
  expect(lastFailure([job('b', 2, state), job('a', 1, 'failed')])?.id).toBe(told)
})

it('a failure stays to be told whatever jobs of other kinds came to', () => {
  const compact = { ...job('a', 1, 'failed'), kind: 'compact' }
  expect(lastFailure([job('b', 2, 'done'), compact])).toBe(compact)
  expect(lastFailure([job('b', 2, 'failed'), compact])?.id).toBe('b')
  expect(lastFailure([job('b', 2, 'done')])).toBeUndefined()
})

it('keeps the speed of running jobs and tells who listens', () => {
  const speeds = new SpeedHistory()
  let told = 0
  const stop = speeds.subscribe(() => (told += 1))
  speeds.add(job('a', Date.now() - 5_000, 'running', 100))
  speeds.add(job('a', Date.now() - 5_000, 'queued', 100))
  speeds.add(job('a', Date.now() - 5_000, 'running', 0))
  expect(speeds.get('a')?.rows).toEqual([100])
  expect(speeds.get('a')?.tokens).toEqual([1000])
  expect(speeds.get('b')).toBeUndefined()
  stop()
  speeds.add(job('b', Date.now(), 'running', 7))
  expect(told).toBe(1)
})
