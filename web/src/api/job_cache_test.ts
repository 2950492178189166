import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { expect, it, vi } from 'vitest'

import { takeEvent, takeJob } from './job_cache'
import { SpeedHistory } from './job_list'
import { keys } from './queries'
import type { Job, JobState } from './types'

function job(state: JobState, done = 0): Job {
  return {
    id: '1',
    kind: 'refresh',
    title: 'Refresh products',
    dataset: 'products',
    state,
    created_ms: 1,
    started_ms: 1,
    finished_ms: null,
    progress: {
      phase: 'embedding',
      done,
      total: 10,
      per_second: 1,
      tokens_done: 0,
      tokens_per_second: 0,
      eta_seconds: 0,
    },
    error: null,
    result: null,
  }
}

function clientWith(jobs: Job[]): QueryClient {
  const client = new QueryClient()
  client.setQueryData(keys.jobs, jobs)
  client.setQueryData(keys.datasets, [])
  client.setQueryData([...keys.dataset('products'), 'status'], {})
  client.setQueryData([...keys.dataset('other'), 'status'], {})
  return client
}

const isStale = (client: QueryClient, key: readonly unknown[]) =>
  client.getQueryState(key)?.isInvalidated

it('shows progress without reading anything anew', () => {
  const client = clientWith([job('running')])
  takeEvent(client, new SpeedHistory(), { event: 'job', data: JSON.stringify(job('running', 5)) })
  expect(client.getQueryData<Job[]>(keys.jobs)?.[0]?.progress.done).toBe(5)
  expect(isStale(client, [...keys.dataset('products'), 'status'])).toBe(false)
})

it('reads the dataset of a job anew when its state changes, and no other', () => {
  const client = clientWith([job('running')])
  takeJob(client, job('done'))
  expect(isStale(client, [...keys.dataset('products'), 'status'])).toBe(true)
  expect(isStale(client, [...keys.dataset('other'), 'status'])).toBe(false)
  expect(isStale(client, keys.datasets)).toBe(true)
})

it('reads the models anew when one was pulled', () => {
  const pull = (state: JobState) => ({ ...job(state), kind: 'pull_model', dataset: '' })
  const client = clientWith([pull('running')])
  client.setQueryData(keys.models, [])
  takeJob(client, pull('running'))
  expect(isStale(client, keys.models)).toBe(false)
  takeJob(client, pull('done'))
  expect(isStale(client, keys.models)).toBe(true)
})

it('reads a dataset anew when an event tells of it', () => {
  const client = clientWith([])
  takeEvent(client, new SpeedHistory(), {
    event: 'dataset',
    data: '{"name":"other","change":"saved"}',
  })
  expect(isStale(client, [...keys.dataset('other'), 'status'])).toBe(true)
  expect(isStale(client, [...keys.dataset('products'), 'status'])).toBe(false)
})

it('does not let an answer that is under way take the place of a newer event', async () => {
  const client = clientWith([job('running')])
  let answer: (jobs: Job[]) => void = () => undefined
  const read = client
    .fetchQuery({
      queryKey: keys.jobs,
      queryFn: () => new Promise<Job[]>((resolve) => (answer = resolve)),
    })
    .catch(() => undefined)
  takeJob(client, job('done'))
  answer([job('running')])
  await read
  expect(client.getQueryData<Job[]>(keys.jobs)?.[0]?.state).toBe('done')
})

it('does not take one job for the whole list', () => {
  const client = new QueryClient()
  takeJob(client, job('running'))
  expect(client.getQueryData(keys.jobs)).toBeUndefined()
})

it('does not take a job back to what it was, where the answer to its start comes late', () => {
  const client = clientWith([job('failed')])
  takeJob(client, job('queued'))
  takeJob(client, job('running'))
  expect(client.getQueryData<Job[]>(keys.jobs)?.[0]?.state).toBe('failed')
})

it('asks again for an answer that an event has overtaken: it may tell of other jobs', async () => {
  const client = clientWith([job('running')])
  let asked = 0
  const observer = new QueryObserver(client, {
    queryKey: keys.jobs,
    queryFn: async () => {
      asked += 1
      await new Promise((resolve) => setTimeout(resolve, 20))
      return [job('done'), { ...job('running'), id: '2' }]
    },
  })
  const stop = observer.subscribe(() => {})
  void client.invalidateQueries({ queryKey: keys.jobs })
  takeJob(client, { ...job('running', 3), id: '2' })
  await vi.waitFor(() => expect(client.isFetching()).toBe(0))
  expect(asked).toBeGreaterThan(1)
  expect(client.getQueryData<Job[]>(keys.jobs)?.find(({ id }) => id === '1')?.state).toBe('done')
  stop()
})
