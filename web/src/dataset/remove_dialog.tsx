import { Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'

import { path, request } from '../api/client'
import { keys } from '../api/queries'
import { FormDialog } from '../parts/form_dialog'

export function RemoveDialog({ dataset, onClose }: { dataset: string; onClose: () => void }) {
  const [typed, setTyped] = useState('')
  const [, navigate] = useLocation()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => request<null>(path`/datasets/${dataset}`, { method: 'DELETE' }),
    onSuccess: async () => {
      navigate('/')
      client.removeQueries({ queryKey: keys.dataset(dataset) })
      await client.invalidateQueries({ queryKey: keys.datasets })
    },
  })
  return (
    <FormDialog
      title={`Remove ${dataset}`}
      action="Remove"
      isDangerous
      isBusy={remove.isPending}
      canSubmit={typed === dataset}
      error={remove.error}
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        Its vectors and the records of its runs are deleted for good. The source stays.
      </Text>
      <TextInput
        label={`Write ${dataset} to confirm`}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        autoComplete="off"
        data-autofocus
      />
    </FormDialog>
  )
}
