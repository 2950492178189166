// What came of a job, in a line.
import type { Job } from '../api/types'
import { resultWords } from '../parts/job_words'

export function JobResult({ job }: { job: Job }) {
  if (job.state === 'cancelled') return <>what was committed stays</>
  if (job.error !== null) {
    return <span style={{ color: 'var(--mantine-color-error)' }}>{job.error.message}</span>
  }
  return <>{resultWords(job)}</>
}
