// One stream of events for the whole page: puts jobs into the cache as they change, and reads
// datasets again when something has changed them.
import { useQuery, useQueryClient } from '@tanstack/react-query'
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
import { readEvents } from './event_stream'
import { takeEvent } from './job_cache'
import { whileVisible } from './while_visible'
import { isActive, SpeedHistory, type SpeedSamples } from './job_list'
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
    let wasLive = false
    return whileVisible((signal) => {
      void readEvents(
        {
          open: (either) =>
            fetch('/api/v1/events', {
              headers: { Accept: 'text/event-stream', ...authorization() },
              signal: either,
            }),
          onEvent: (event) => takeEvent(client, speeds, event),
          onLive: (live) => {
            setConnected(live)
            // What happened during a break was not heard, nor what jobs did before the first event.
            if (live) void client.invalidateQueries(wasLive ? {} : { queryKey: keys.jobs })
            wasLive = wasLive || live
          },
        },
        signal,
      )
    })
  }, [client, speeds])
  const live = useMemo(() => ({ connected, speeds }), [connected, speeds])
  return <LiveContext value={live}>{children}</LiveContext>
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
