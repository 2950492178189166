// What a job's progress and its result say, in words and as a share.
import type { Job } from '../api/types'
import { duration, share, speed } from '../format/format'
import { kindOfJob } from './job_kinds'

/** 0 to 1; null while nobody knows. */
export function progressShare(job: Job): number | null {
  const { done, total } = job.progress
  if (job.state === 'done') return 1
  return total > 0 ? Math.min(1, done / total) : null
}

/** "3,200 of 5,821 rows", "412 rows/s", "11,200 tokens/s", "about 12 s left". */
export function progressWords(job: Job): string[] {
  const { done, total, per_second, tokens_per_second, eta_seconds } = job.progress
  const { unit } = kindOfJob(job.kind)
  const words: string[] = []
  if (total > 0) words.push(unit.amount(done, total))
  if (per_second > 0) words.push(unit.rate(per_second))
  if (tokens_per_second > 0) words.push(`${speed(tokens_per_second)} tokens/s`)
  if (eta_seconds > 0) words.push(`about ${duration(Math.ceil(eta_seconds))} left`)
  return words
}

/** What a reader of the screen hears: not at each event, but when the tenth or the phase changes. */
export function spokenProgress(job: Job): string {
  const part = progressShare(job)
  const tenth = part === null ? '' : `, ${share(Math.floor(part * 10) / 10)}`
  return `${job.title}: ${job.state === 'running' ? job.progress.phase : job.state}${tenth}`
}

/** "5,821 texts embedded"; "" where there is nothing to say. */
export function resultWords(job: Job): string {
  return job.result == null ? '' : kindOfJob(job.kind).result(job.result)
}
