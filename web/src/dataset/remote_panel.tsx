// The remote of a dataset: where it is, when commits go there, and push and pull.
import { Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'

import { useStartJob } from '../api/actions'
import { path, request } from '../api/client'
import { keys } from '../api/queries'
import type { Dataset, SyncStatus } from '../api/types'
import { Icon } from '../parts/icon'
import { ErrorNote } from '../parts/notes'
import { Panel } from '../parts/panel'
import { When } from '../parts/when'

interface RemotePanelProps {
  dataset: Dataset
  sync: SyncStatus | undefined
}

export function RemotePanel({ dataset, sync }: RemotePanelProps) {
  const [remote, setRemote] = useState(dataset.remote ?? '')
  const [isAuto, setIsAuto] = useState(dataset.sync === 'auto')
  const client = useQueryClient()
  const start = useStartJob()
  const save = useMutation({
    mutationFn: (changed: Dataset) =>
      request<Dataset>(path`/datasets/${dataset.name}`, { method: 'PUT', body: changed }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.dataset(dataset.name) }),
  })
  const isChanged = remote !== (dataset.remote ?? '') || isAuto !== (dataset.sync === 'auto')
  const isSet = (dataset.remote ?? '') !== '' && !isChanged
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { remote: _, ...rest } = dataset
    const place = remote.trim() === '' ? {} : { remote: remote.trim() }
    save.mutate({ ...rest, ...place, sync: isAuto ? 'auto' : 'manual' })
  }
  const run = (what: 'push' | 'pull') =>
    start.mutate({ path: path`/datasets/${dataset.name}` + `/${what}` })
  return (
    <Panel
      title="Remote"
      hint="A replica of the stores, elsewhere: a fresh host that pulls embeds nothing again"
      actions={
        sync !== undefined && (
          <Group gap="xs">
            <Button
              variant="default"
              size="xs"
              disabled={!isSet}
              leftSection={<Icon name="up" size={14} />}
              onClick={() => run('push')}
            >
              Push
            </Button>
            <Button
              variant="default"
              size="xs"
              disabled={!isSet}
              leftSection={<Icon name="down" size={14} />}
              onClick={() => run('pull')}
            >
              Pull
            </Button>
          </Group>
        )
      }
    >
      {sync !== undefined && sync.status !== 'no remote' && <SyncWords sync={sync} />}
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Group align="flex-end">
            <TextInput
              label="Place"
              description="Credentials come from the server's environment, never from here"
              placeholder="s3://bucket/prefix or a folder"
              value={remote}
              onChange={(event) => setRemote(event.currentTarget.value)}
              style={{ flex: '1 1 16rem' }}
            />
            <Button type="submit" variant="default" disabled={!isChanged} loading={save.isPending}>
              Save
            </Button>
          </Group>
          <Checkbox
            label="Push after every commit (sync: auto)"
            checked={isAuto}
            onChange={(event) => setIsAuto(event.currentTarget.checked)}
          />
          {save.isError && <ErrorNote error={save.error} title="The remote was not saved" />}
          {start.isError && <ErrorNote error={start.error} />}
        </Stack>
      </form>
    </Panel>
  )
}

function SyncWords({ sync }: { sync: SyncStatus }) {
  return (
    <>
      <Text size="sm" mb="sm">
        <strong>{sync.status}</strong>
        {sync.pushed_ms > 0 && (
          <>
            {' '}
            · pushed <When ms={sync.pushed_ms} />
          </>
        )}
        {sync.pulled_ms > 0 && (
          <>
            {' '}
            · pulled <When ms={sync.pulled_ms} />
          </>
        )}
      </Text>
      {sync.error !== '' && (
        <ErrorNote error={new Error(sync.error)} title="The last sync failed" />
      )}
    </>
  )
}
