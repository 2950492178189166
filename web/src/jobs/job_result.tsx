// What came of a job, in a line.
import type { Bench, DatasetRun, Job } from '../api/types'
import { textsEmbedded } from '../dataset/run_sums'
import { bytes, count, counted, speed } from '../format/format'

export function JobResult({ job }: { job: Job }) {
  if (job.state === 'cancelled') return <>what was committed stays</>
  if (job.error !== null) {
    return <span style={{ color: 'var(--mantine-color-error)' }}>{job.error.message}</span>
  }
  return <>{wordsOf(job)}</>
}

function wordsOf(job: Job): string {
  if (job.result === null || job.result === undefined) return ''
  if (job.kind === 'refresh') {
    const run = job.result as DatasetRun
    const texts = counted(textsEmbedded(run), 'text')
    return run.outcome === 'unchanged' ? 'nothing had changed' : `${texts} embedded`
  }
  if (job.kind === 'bench') {
    const { rates } = job.result as Bench
    return `${speed(Math.max(...rates.map((rate) => rate.texts_per_second)))} texts/s`
  }
  if (job.kind === 'compact') {
    const { files_before, files_after } = job.result as {
      files_before: number
      files_after: number
    }
    return `${count(files_before)} files became ${count(files_after)}`
  }
  if (job.kind === 'deploy') {
    const deployed = job.result as { files_copied: number; bytes_copied: number; folder: string }
    return `${counted(deployed.files_copied, 'file')} copied, ${bytes(deployed.bytes_copied)}`
  }
  if (job.kind === 'pull_model') {
    const pulled = job.result as { bytes_fetched: number }
    return pulled.bytes_fetched === 0
      ? 'all of it was there'
      : `${bytes(pulled.bytes_fetched)} fetched`
  }
  if (job.kind === 'verify_model') {
    const verified = job.result as { files: number }
    return `${counted(verified.files, 'file')} as the hub has them`
  }
  return ''
}
