// Says so where a job of the dataset failed, until another of its kind has done better.
import { useJobs } from '../api/live'
import { lastFailure } from '../api/job_list'
import type { Job, RunBrief } from '../api/types'
import { ErrorNote } from '../parts/notes'

interface FailedJobProps {
  dataset: string
  lastRun: RunBrief | null
}

export function FailedJob({ dataset, lastRun }: FailedJobProps) {
  // Of a refresh its run tells, or one that came after it: that may be another program's.
  const isToldByRun = (job: Job) =>
    job.kind === 'refresh' && lastRun !== null && lastRun.started_ms >= (job.started_ms ?? 0)
  const jobs = useJobs().filter((job) => job.dataset === dataset && !isToldByRun(job))
  const failed = lastFailure(jobs)
  if (failed?.error == null) return null
  return <ErrorNote error={new Error(failed.error.message)} title={`${failed.title} failed`} />
}
