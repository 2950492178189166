// The list of jobs as events change it, and the speed of running ones over time.
import type { Job } from './types'

/** `jobs` with `job` in the place of the one with its id, or before all others; newest first. */
export function withJob(jobs: Job[] | undefined, job: Job): Job[] {
  const others = (jobs ?? []).filter((other) => other.id !== job.id)
  return [...others, job].sort((a, b) => b.created_ms - a.created_ms)
}

export function isActive(job: Job): boolean {
  return job.state === 'queued' || job.state === 'running'
}

/** The newest failure that no later job of its kind has made good or tries again. Newest first. */
export function lastFailure(jobs: Job[]): Job | undefined {
  return jobs.find(
    (job, index) =>
      job.state === 'failed' &&
      !jobs
        .slice(0, index)
        .some((later) => later.kind === job.kind && (later.state === 'done' || isActive(later))),
  )
}

export interface SpeedSamples {
  seconds: number[]
  rows: number[]
  tokens: number[]
}

const samplesMax = 1200

/** Keeps what the events of running jobs said of their speed: what a chart draws. */
export class SpeedHistory {
  private readonly samples = new Map<string, SpeedSamples>()
  private readonly listeners = new Set<() => void>()

  add(job: Job): void {
    const progress = job.progress
    if (job.state !== 'running' || progress.per_second <= 0) return
    const before = this.samples.get(job.id) ?? { seconds: [], rows: [], tokens: [] }
    const seconds = (Date.now() - (job.started_ms ?? job.created_ms)) / 1000
    const last = before.seconds.at(-1)
    if (last !== undefined && seconds <= last) return
    this.samples.set(job.id, {
      seconds: append(before.seconds, seconds),
      rows: append(before.rows, progress.per_second),
      tokens: append(before.tokens, progress.tokens_per_second),
    })
    for (const listener of this.listeners) listener()
  }

  get(id: string): SpeedSamples | undefined {
    return this.samples.get(id)
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

function append(before: number[], value: number): number[] {
  return [...before.slice(-(samplesMax - 1)), value]
}
