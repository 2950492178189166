// A small form over the page, with what went wrong below its fields.
import { Button, Group, Modal, Stack } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'

import { ErrorNote } from './notes'

interface FormDialogProps {
  title: string
  action: string
  isBusy: boolean
  isDangerous?: boolean
  canSubmit?: boolean
  error: unknown
  onSubmit: () => void
  onClose: () => void
  children: ReactNode
}

export function FormDialog(props: FormDialogProps) {
  const { title, action, isBusy, isDangerous = false, canSubmit = true, error, children } = props
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // Of a form over a form, only this one.
    event.stopPropagation()
    props.onSubmit()
  }
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={title}
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 0 }}
    >
      <form onSubmit={submit}>
        <Stack>
          {children}
          {error !== null && <ErrorNote error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={props.onClose}>
              Leave it
            </Button>
            <Button
              type="submit"
              color={isDangerous ? 'red.9' : undefined}
              loading={isBusy}
              disabled={!canSubmit}
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
