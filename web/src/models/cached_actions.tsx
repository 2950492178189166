import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'

import { useRemoveModel, useStartJob } from '../api/actions'
import { messageOf } from '../api/client'
import { isActive } from '../api/job_list'
import { useJobs } from '../api/live'
import type { LocalModel } from '../api/types'
import { FormDialog } from '../parts/form_dialog'
import { JobLine } from '../parts/job_line'
import { resultWords } from '../parts/job_words'

/** What can be done with a model that came from a hub. */
export function CachedActions({ model }: { model: LocalModel }) {
  const [isAsking, setIsAsking] = useState(false)
  const verify = useStartJob()
  const remove = useRemoveModel()
  const job = useJobs().find(
    (each) => each.kind === 'verify_model' && each.title.endsWith(` ${model.name}`),
  )
  if (job !== undefined && isActive(job)) return <JobLine job={job} />
  const problem = job?.error?.message ?? (verify.isError ? messageOf(verify.error) : null)
  return (
    <>
      <Group gap="xs" mt={4}>
        <Button
          variant="default"
          size="xs"
          aria-label={`Verify ${model.label}`}
          loading={verify.isPending}
          onClick={() => verify.mutate({ path: '/models/verify', body: { name: model.name } })}
        >
          Verify
        </Button>
        <Button
          variant="default"
          size="xs"
          aria-label={`Remove ${model.label}`}
          onClick={() => setIsAsking(true)}
        >
          Remove
        </Button>
      </Group>
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
      {isAsking && (
        <FormDialog
          title={`Remove ${model.label}`}
          action="Remove it"
          isDangerous
          isBusy={remove.isPending}
          error={remove.error}
          onSubmit={() => remove.mutate(model.name, { onSuccess: () => setIsAsking(false) })}
          onClose={() => setIsAsking(false)}
        >
          <Text size="sm">
            Its files are deleted for all programs that share the cache. Vectors that it has made
            stay.
          </Text>
        </FormDialog>
      )}
    </>
  )
}
