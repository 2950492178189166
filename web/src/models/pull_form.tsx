import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'

import { useStartJob } from '../api/actions'
import { isActive } from '../api/job_list'
import { useJobs } from '../api/live'
import { ErrorNote } from '../parts/notes'
import { JobLine } from '../parts/job_line'

/** Fetches a model by its name into the cache of the server's machine. */
export function PullForm() {
  const [name, setName] = useState('')
  const start = useStartJob()
  const pulls = useJobs().filter((job) => job.kind === 'pull_model')
  const failed = pulls[0]?.state === 'failed' ? pulls[0] : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    start.mutate(
      { path: '/models/pull', body: { name: name.trim() } },
      { onSuccess: () => setName('') },
    )
  }
  return (
    <Stack gap="sm" mb="md" component="form" onSubmit={submit}>
      <Group align="flex-end" gap="xs">
        <TextInput
          label="Pull a model"
          description="By its name at the hub that the server’s HF_ENDPOINT names"
          placeholder="ORG/NAME"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          style={{ flex: '1 1 16rem' }}
        />
        <Button
          type="submit"
          variant="default"
          loading={start.isPending}
          disabled={name.trim() === ''}
        >
          Pull
        </Button>
      </Group>
      {pulls.filter(isActive).map((job) => (
        <JobLine key={job.id} job={job} />
      ))}
      {failed?.error != null && (
        <ErrorNote error={new Error(failed.error.message)} title={`${failed.title} failed`} />
      )}
      {start.isError && <ErrorNote error={start.error} title="No pull was started" />}
    </Stack>
  )
}
