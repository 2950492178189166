import { Button, Text } from '@mantine/core'

import { useStartJob } from '../api/actions'
import { messageOf } from '../api/client'
import { isActive } from '../api/job_list'
import { useJobs } from '../api/live'
import type { LocalModel } from '../api/types'
import { JobLine } from '../parts/job_line'
import { resultWords } from '../parts/job_words'

/** Measures how many texts a second the model embeds on this machine. */
export function BenchButton({ model }: { model: LocalModel }) {
  const start = useStartJob()
  const job = useJobs().find(
    (each) => each.kind === 'bench' && each.title.endsWith(` ${model.name}`),
  )
  if (job !== undefined && isActive(job)) return <JobLine job={job} />
  const problem = job?.error?.message ?? (start.isError ? messageOf(start.error) : null)
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
      {job?.state === 'done' && (
        <Text size="xs" c="dimmed" mt={4}>
          {resultWords(job)}
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
