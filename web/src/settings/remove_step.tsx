// Takes the embedding step away, after a second thought.
import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'

import { useChangeColumn } from '../api/actions'
import { FormDialog } from '../parts/form_dialog'
import { Panel } from '../parts/panel'
import { columnAddress } from '../shell/addresses'

export function RemoveStep({ dataset, column }: { dataset: string; column: string }) {
  const [isAsking, setIsAsking] = useState(false)
  const [, navigate] = useLocation()
  const change = useChangeColumn(dataset)
  const remove = () =>
    change.mutate(
      { column, change: { embedding: null } },
      { onSuccess: () => navigate(columnAddress(dataset, column)) },
    )
  return (
    <>
      <Panel
        title="Take the embedding away"
        hint="The column gets no more vectors; those in the store stay."
        actions={
          <Button
            variant="default"
            c="var(--mantine-color-error)"
            onClick={() => setIsAsking(true)}
          >
            Take it away …
          </Button>
        }
      />
      {isAsking && (
        <FormDialog
          title={`Take the embedding of ${column} away?`}
          action="Take it away"
          isDangerous
          isBusy={change.isPending}
          error={change.error}
          onSubmit={remove}
          onClose={() => setIsAsking(false)}
        >
          <Text size="sm">
            The settings are lost. With the same settings given again, the stored vectors are used.
          </Text>
        </FormDialog>
      )}
    </>
  )
}
