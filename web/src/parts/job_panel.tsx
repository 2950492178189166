// A job that is not finished: how far it is, how fast, how long it will take, and a way to stop it.
import { Button, Group, Paper, Progress, Text } from '@mantine/core'

import { useCancelJob } from '../api/actions'
import { useSpeeds } from '../api/live'
import type { Job } from '../api/types'
import { duration, share } from '../format/format'
import { useNow } from '../format/use_now'
import { Icon } from './icon'
import { progressShare, progressWords, spokenProgress } from './job_words'
import { ErrorNote } from './notes'
import { SpeedChart } from './speed_chart'
import { StatusBadge } from './status_badge'

export function JobPanel({ job }: { job: Job }) {
  const cancel = useCancelJob()
  const speeds = useSpeeds(job.id)
  const part = progressShare(job)
  const isWaiting = job.state === 'queued'
  return (
    <Paper withBorder p="md" bg="var(--surface)" component="section" aria-label={job.title}>
      <Group justify="space-between" mb="xs">
        <Group gap="sm">
          <StatusBadge state={job.state} />
          <Text fw={600} className="user-text">
            {job.title}
          </Text>
          <Text size="sm" c="dimmed">
            {isWaiting ? 'waits for another job' : job.progress.phase}
          </Text>
        </Group>
        <Button
          variant="default"
          size="xs"
          leftSection={<Icon name="close" size={14} />}
          loading={cancel.isPending || cancel.isSuccess}
          onClick={() => cancel.mutate(job.id)}
        >
          Cancel
        </Button>
      </Group>
      <Progress
        value={part === null ? 100 : part * 100}
        striped={part === null}
        animated={part === null}
        size="lg"
        aria-label={job.title}
      />
      <Group gap="lg" mt="xs" className="job-figures">
        {part !== null && (
          <Text size="sm" fw={600} component="span">
            {share(part)}
          </Text>
        )}
        {progressWords(job).map((words) => (
          <Text key={words.replace(/[\d.,]+/g, '')} size="sm" component="span" className="number">
            {words}
          </Text>
        ))}
        {job.started_ms !== null && <Elapsed sinceMs={job.started_ms} />}
      </Group>
      {speeds !== undefined && speeds.seconds.length > 2 && (
        <SpeedChart kind={job.kind} speeds={speeds} />
      )}
      {cancel.isError && <ErrorNote error={cancel.error} title="The job was not cancelled" />}
      <div role="status" className="visually-hidden">
        {spokenProgress(job)}
      </div>
    </Paper>
  )
}

function Elapsed({ sinceMs }: { sinceMs: number }) {
  const now = useNow(1_000)
  return (
    <Text size="sm" c="dimmed" component="span" className="number">
      {duration(Math.max(0, Math.round((now - sinceMs) / 1000)))} so far
    </Text>
  )
}
