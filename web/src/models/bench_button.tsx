import { Button, Text } from '@mantine/core'

import { useStartJob } from '../api/actions'
import { messageOf } from '../api/client'
import { isActive } from '../api/job_list'
import { useJobs } from '../api/live'
import type { Bench, LocalModel } from '../api/types'
import { speed } from '../format/format'
import { JobLine } from '../parts/job_line'

/** Measures how many texts a second the model embeds on this machine. */
export function BenchButton({ model }: { model: LocalModel }) {
  const start = useStartJob()
  const job = useJobs().find(
    (each) => each.kind === 'bench' && each.title.endsWith(` ${model.name}`),
  )
  if (job !== undefined && isActive(job)) return <JobLine job={job} />
  const rates = job?.state === 'done' ? (job.result as Bench).rates : []
  const problem = job?.error?.message ?? (start.isError ? messageOf(start.error) : null)
  const best = Math.max(0, ...rates.map((rate) => rate.texts_per_second))
  return (
    <>
      <Button
        variant="default"
        size="xs"
        aria-label={`Bench ${model.label}`}
        loading={start.isPending}
        onClick={() => start.mutate({ path: '/models/bench', body: { model: model.name } })}
      >
        Bench
      </Button>
      {best > 0 && (
        <Text size="xs" c="dimmed" mt={4}>
          {speed(best)} texts/s
        </Text>
      )}
      {problem !== null && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert" className="user-text">
          {problem}
        </Text>
      )}
    </>
  )
}
