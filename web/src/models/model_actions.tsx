import { Button, Group } from '@mantine/core'

import { useStartJob } from '../api/actions'
import { messageOf } from '../api/client'
import type { LocalModel } from '../api/types'

/** Verify compares with golden vectors; bench measures texts and tokens a second. */
export function ModelActions({ model }: { model: LocalModel }) {
  const start = useStartJob()
  const run = (what: 'verify' | 'bench') =>
    start.mutate({ path: `/models/${what}`, body: { name: model.name } })
  return (
    <>
      <Group gap="xs" justify="flex-end" wrap="nowrap">
        <Button variant="default" size="xs" onClick={() => run('verify')}>
          Verify
        </Button>
        <Button variant="default" size="xs" onClick={() => run('bench')}>
          Bench
        </Button>
      </Group>
      {start.isError && (
        <span role="alert" style={{ color: 'var(--mantine-color-error)' }}>
          {messageOf(start.error)}
        </span>
      )}
    </>
  )
}
