// A running job in one line.
import { Progress, Text } from '@mantine/core'

import { useJobs } from '../api/live'
import type { Job } from '../api/types'
import { share } from '../format/format'
import { progressShare } from './job_words'

/** `job` may be older than what the events have told of it since. */
export function JobLine({ job }: { job: Job }) {
  const now = useJobs().find((other) => other.id === job.id) ?? job
  const part = progressShare(now)
  return (
    <div>
      <Text size="sm">
        {now.state === 'queued' ? 'queued' : now.progress.phase || now.kind}
        {part !== null && ` · ${share(part)}`}
      </Text>
      <Progress
        value={part === null ? 100 : part * 100}
        animated={part === null}
        striped={part === null}
        size="sm"
        mt={4}
        aria-label={now.title}
      />
    </div>
  )
}
