// The kinds of jobs: what their progress counts, and what came of one that is done, in words.
import { textsEmbedded } from '../api/run_sums'
import type { Bench, DatasetRun } from '../api/types'
import { bytes, count, counted, speed } from '../format/format'

/** What progress counts. */
interface Unit {
  /** "3,200 of 5,821 rows". */
  amount: (done: number, total: number) => string
  /** "412 rows/s". */
  rate: (perSecond: number) => string
  /** What a chart of the rate counts: "rows/s", "MB/s". */
  chart: { name: string; unit: number }
}

interface JobKind<R> {
  unit: Unit
  result: (result: R) => string
}

interface Moved {
  commits: number
  files: number
  bytes: number
}

interface Synced {
  pulled: Moved
  pushed: Moved
}

/** The result of each kind, as far as it is read here. */
interface JobResults {
  refresh: DatasetRun
  compact: { files_before: number; files_after: number }
  deploy: { files_copied: number; bytes_copied: number }
  push: Synced
  pull: Synced
  sync: Synced
  bench: Bench
  pull_model: { bytes_fetched: number }
  verify_model: { files: number }
}

const units = (one: string): Unit => ({
  amount: (done, total) => `${count(done)} of ${counted(total, one)}`,
  rate: (perSecond) => `${speed(perSecond)} ${one}s/s`,
  chart: { name: `${one}s/s`, unit: 1 },
})

const inBytes: Unit = {
  amount: (done, total) => `${bytes(done)} of ${bytes(total)}`,
  rate: (perSecond) => `${bytes(perSecond)}/s`,
  chart: { name: 'MB/s', unit: 1e6 },
}

const kinds: { [K in keyof JobResults]: JobKind<JobResults[K]> } = {
  refresh: {
    unit: units('row'),
    result: (run) =>
      run.outcome === 'unchanged'
        ? 'nothing had changed'
        : `${counted(textsEmbedded(run), 'text')} embedded`,
  },
  compact: {
    unit: units('file'),
    result: ({ files_before, files_after }) =>
      files_before === files_after
        ? 'no files to put together'
        : `${counted(files_before, 'file')} became ${count(files_after)}`,
  },
  deploy: {
    unit: units('file'),
    result: ({ files_copied, bytes_copied }) =>
      files_copied === 0
        ? 'all of it was there'
        : `${counted(files_copied, 'file')} copied, ${bytes(bytes_copied)}`,
  },
  push: { unit: inBytes, result: ({ pushed }) => moved(pushed, 'pushed') },
  pull: { unit: inBytes, result: ({ pulled }) => moved(pulled, 'pulled') },
  sync: {
    unit: inBytes,
    result: ({ pulled, pushed }) => `${moved(pulled, 'pulled')}; ${moved(pushed, 'pushed')}`,
  },
  bench: {
    unit: units('step'),
    result: ({ rates }) =>
      `${speed(Math.max(0, ...rates.map((rate) => rate.texts_per_second)))} texts/s`,
  },
  pull_model: {
    unit: inBytes,
    result: ({ bytes_fetched }) =>
      bytes_fetched === 0 ? 'all of it was there' : `${bytes(bytes_fetched)} fetched`,
  },
  verify_model: {
    unit: units('file'),
    result: ({ files }) => `${counted(files, 'file')} as the hub has them`,
  },
}

function moved({ commits, files, bytes: size }: Moved, done: string): string {
  if (commits === 0) return `nothing to be ${done}`
  return `${counted(commits, 'commit')} ${done}: ${counted(files, 'file')}, ${bytes(size)}`
}

/** Of a kind that a newer server has, nobody knows the result. */
const unknown: JobKind<unknown> = { unit: units('step'), result: () => '' }

export function kindOfJob(kind: string): JobKind<unknown> {
  return Object.hasOwn(kinds, kind)
    ? (kinds[kind as keyof JobResults] as JobKind<unknown>)
    : unknown
}
