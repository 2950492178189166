// Says so where the last run has not come to a good end, and offers the way on.
import { Button, Group } from '@mantine/core'

import { useStartJob } from '../api/actions'
import { path } from '../api/client'
import { useJobs } from '../api/live'
import type { RunBrief } from '../api/types'
import { ErrorNote } from '../parts/notes'

interface LastRunProps {
  dataset: string
  run: RunBrief | null
  isBusy: boolean
}

export function LastRun({ dataset, run, isBusy }: LastRunProps) {
  const start = useStartJob()
  const job = useJobs().find((each) => each.dataset === dataset && each.kind === 'refresh')
  if (run === null || run.outcome !== 'failed' || isBusy) return null
  const hasConflict = job?.state === 'failed' && job.error?.code === 'conflict'
  return (
    <>
      <ErrorNote error={new Error(run.error ?? '')} title="The last run failed" />
      {hasConflict && (
        <Group>
          <Button
            variant="default"
            loading={start.isPending}
            onClick={() =>
              start.mutate({
                path: path`/datasets/${dataset}/refresh`,
                body: { accept_changed_models: true },
              })
            }
          >
            Refresh with the changed model
          </Button>
        </Group>
      )}
      {start.isError && <ErrorNote error={start.error} />}
    </>
  )
}
