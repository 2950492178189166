// One stream of events for the whole page: puts jobs into the cache as they change, and reads
// datasets again when something has changed them.
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import {
  createContext,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react'

import { authorization } from './client'
import { readEvents, type ServerEvent } from './event_stream'
import { isActive, SpeedHistory, withJob, type SpeedSamples } from './job_list'
import { jobsQuery, keys } from './queries'
import type { Job } from './types'

interface Live {
  connected: boolean
  speeds: SpeedHistory
}

const LiveContext = createContext<Live>({ connected: false, speeds: new SpeedHistory() })

export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [connected, setConnected] = useState(false)
  const speeds = useMemo(() => new SpeedHistory(), [])
  useEffect(() => {
    const stop = new AbortController()
    let wasLive = false
    void readEvents(
      {
        open: (signal) =>
          fetch('/api/v1/events', {
            headers: { Accept: 'text/event-stream', ...authorization() },
            signal,
          }),
        onEvent: (event) => takeEvent(client, speeds, event),
        onLive: (live) => {
          setConnected(live)
          // What happened during a break was not heard.
          if (live && wasLive) void client.invalidateQueries()
          wasLive = wasLive || live
        },
      },
      stop.signal,
    )
    return () => stop.abort()
  }, [client, speeds])
  const live = useMemo(() => ({ connected, speeds }), [connected, speeds])
  return <LiveContext value={live}>{children}</LiveContext>
}

export function takeEvent(client: QueryClient, speeds: SpeedHistory, event: ServerEvent): void {
  if (event.event === 'job') {
    const job = JSON.parse(event.data) as Job
    takeJob(client, job)
    speeds.add(job)
  }
  if (event.event === 'dataset') {
    void client.invalidateQueries({ queryKey: keys.datasets })
    const { name } = JSON.parse(event.data) as { name: string }
    void client.invalidateQueries({ queryKey: keys.dataset(name) })
  }
}

/** Also for the answer of a request that starts or cancels a job. */
export function takeJob(client: QueryClient, job: Job): void {
  const before = client.getQueryData(jobsQuery().queryKey)
  const known = before?.find((other) => other.id === job.id)
  client.setQueryData(jobsQuery().queryKey, withJob(before, job))
  if (known?.state === job.state) return
  void client.invalidateQueries({ queryKey: keys.datasets })
  if (job.dataset !== '') void client.invalidateQueries({ queryKey: keys.dataset(job.dataset) })
}

export function useConnected(): boolean {
  return useContext(LiveContext).connected
}

export function useSpeeds(jobId: string): SpeedSamples | undefined {
  const { speeds } = useContext(LiveContext)
  return useSyncExternalStore(speeds.subscribe, () => speeds.get(jobId))
}

export function useJobs(): Job[] {
  return useQuery(jobsQuery()).data ?? []
}

/** The jobs of a dataset that are not finished. */
export function useActiveJobs(dataset: string): Job[] {
  return useJobs().filter((job) => job.dataset === dataset && isActive(job))
}
