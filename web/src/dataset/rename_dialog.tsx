import { TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'

import { path, request } from '../api/client'
import { keys } from '../api/queries'
import type { Dataset } from '../api/types'
import { FormDialog } from '../parts/form_dialog'
import { datasetAddress } from '../shell/addresses'

export function RenameDialog({ dataset, onClose }: { dataset: string; onClose: () => void }) {
  const [name, setName] = useState(dataset)
  const [, navigate] = useLocation()
  const client = useQueryClient()
  const rename = useMutation({
    mutationFn: (to: string) =>
      request<Dataset>(path`/datasets/${dataset}/rename`, { method: 'POST', body: { to } }),
    onSuccess: async (renamed) => {
      navigate(datasetAddress(renamed.name), { replace: true })
      client.removeQueries({ queryKey: keys.dataset(dataset) })
      await client.invalidateQueries({ queryKey: keys.datasets })
    },
  })
  return (
    <FormDialog
      title={`Rename ${dataset}`}
      action="Rename"
      isBusy={rename.isPending}
      canSubmit={name.trim() !== '' && name !== dataset}
      error={rename.error}
      onSubmit={() => rename.mutate(name.trim())}
      onClose={onClose}
    >
      <TextInput
        label="New name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  )
}
