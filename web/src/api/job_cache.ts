// What events, and answers to requests about jobs, change in what the page has read.
import type { QueryClient } from '@tanstack/react-query'

import type { ServerEvent } from './event_stream'
import { withJob, type SpeedHistory } from './job_list'
import { keys } from './queries'
import type { Job } from './types'

export function takeEvent(client: QueryClient, speeds: SpeedHistory, event: ServerEvent): void {
  if (event.event === 'job') {
    const job = JSON.parse(event.data) as Job
    takeJob(client, job)
    speeds.add(job)
  }
  if (event.event === 'dataset') {
    const { name } = JSON.parse(event.data) as { name: string }
    void client.invalidateQueries({ queryKey: keys.datasets })
    void client.invalidateQueries({ queryKey: keys.dataset(name) })
  }
}

function stageOf({ state }: Job): number {
  return state === 'queued' ? 0 : state === 'running' ? 1 : 2
}

/** Puts the job into the list; where its state is another now, what it may have changed is read anew. */
export function takeJob(client: QueryClient, job: Job): void {
  const before = client.getQueryData<Job[]>(keys.jobs)
  const known = before?.find((other) => other.id === job.id)
  // Events of a short job may have come before the answer that started it.
  if (known !== undefined && stageOf(known) > stageOf(job)) return
  if (before === undefined) {
    // Nothing was read yet: what is being read may be older than this job.
    void client.invalidateQueries({ queryKey: keys.jobs })
  } else {
    // An answer that is under way may be older, too, and must not take the place of this: it is asked
    // for again, since it may be the only one to tell of other jobs.
    const wasAsked = client.isFetching({ queryKey: keys.jobs }) > 0
    void client.cancelQueries({ queryKey: keys.jobs })
    client.setQueryData(keys.jobs, withJob(before, job))
    if (wasAsked) void client.invalidateQueries({ queryKey: keys.jobs })
  }
  if (known?.state === job.state) return
  if (job.kind === 'pull_model') void client.invalidateQueries({ queryKey: keys.models })
  void client.invalidateQueries({ queryKey: keys.datasets })
  if (job.dataset !== '') void client.invalidateQueries({ queryKey: keys.dataset(job.dataset) })
}
