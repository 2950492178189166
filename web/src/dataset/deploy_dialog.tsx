import { Text, TextInput } from '@mantine/core'
import { useState } from 'react'

import { useStartJob } from '../api/actions'
import { path } from '../api/client'
import { FormDialog } from '../parts/form_dialog'

export function DeployDialog({ dataset, onClose }: { dataset: string; onClose: () => void }) {
  const [folder, setFolder] = useState('')
  const start = useStartJob()
  const deploy = () =>
    start.mutate(
      { path: path`/datasets/${dataset}/deploy`, body: { to: folder.trim() } },
      { onSuccess: onClose },
    )
  return (
    <FormDialog
      title={`Deploy ${dataset}`}
      action="Deploy"
      isBusy={start.isPending}
      canSubmit={folder.trim() !== ''}
      error={start.error}
      onSubmit={deploy}
      onClose={onClose}
    >
      <Text size="sm" c="dimmed">
        A bundle is a folder with the stored vectors, the models that made them, and checksums of
        all: a host needs nothing else to answer.
      </Text>
      <TextInput
        label="Folder"
        description="Made where there is none; of a bundle that lies there, only what changed is copied"
        placeholder="/srv/bundles/products"
        value={folder}
        onChange={(event) => setFolder(event.currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  )
}
