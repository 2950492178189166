// What the page asks the server to do.
import { useMutation, useQueryClient } from '@tanstack/react-query'

import { path, request } from './client'
import { takeJob } from './job_cache'
import { keys } from './queries'
import type { ColumnChanged, Job } from './types'

interface JobRequest {
  path: string
  /** Only where the route takes one. */
  body?: unknown
}

/** Starts a job; it is in the list of jobs before the first event tells of it. */
export function useStartJob() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ path: where, body }: JobRequest) =>
      request<{ job: Job }>(where, { method: 'POST', body }),
    onSuccess: ({ job }) => takeJob(client, job),
  })
}

export function useCancelJob() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => request<Job>(path`/jobs/${id}/cancel`, { method: 'POST' }),
    onSuccess: (job) => takeJob(client, job),
  })
}

/** Removes a model from the cache of the server's machine. */
export function useRemoveModel() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => request(path`/models/${name}`, { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.models }),
  })
}

export interface ColumnChange {
  is_primary_key?: boolean
  is_target?: boolean
  is_date_column?: boolean
  /** Fields with their new values, null for the default; null: no embedding step any more. */
  embedding?: Record<string, unknown> | null
  refit?: boolean
}

export function changeColumn(
  dataset: string,
  column: string,
  change: ColumnChange & { dry_run?: boolean },
  signal?: AbortSignal,
): Promise<ColumnChanged> {
  return request(path`/datasets/${dataset}/columns/${column}`, {
    method: 'PATCH',
    body: change,
    ...(signal === undefined ? {} : { signal }),
  })
}

/** What a flag is to be, while the server is asked to change it; else what it is. */
export function flagShown(
  change: { isPending: boolean; variables: { column: string; change: ColumnChange } | undefined },
  column: string,
  flag: 'is_primary_key' | 'is_target' | 'is_date_column',
  saved: boolean,
): boolean {
  const asked = change.isPending ? change.variables : undefined
  return asked?.column === column ? (asked.change[flag] ?? saved) : saved
}

export function useChangeColumn(dataset: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ column, change }: { column: string; change: ColumnChange }) =>
      changeColumn(dataset, column, change),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.dataset(dataset) }),
        client.invalidateQueries({ queryKey: keys.datasets }),
      ]),
  })
}
