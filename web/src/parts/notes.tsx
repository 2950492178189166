// What stands where there is nothing to show: not yet, not at all, or because of an error.
import { Alert, Button, Skeleton, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

import { messageOf } from '../api/client'
import { Icon, type IconName } from './icon'
import classes from './notes.module.css'

export function Loading({ of, lines = 3 }: { of: string; lines?: number }) {
  return (
    <div role="status" aria-live="polite">
      <span className="visually-hidden">Loading {of}</span>
      <Stack gap="sm" aria-hidden="true">
        {Array.from({ length: lines }, (_, line) => (
          <Skeleton key={line} height={line === 0 ? 28 : 18} width={`${100 - line * 12}%`} />
        ))}
      </Stack>
    </div>
  )
}

interface ErrorNoteProps {
  error: unknown
  title?: string
  onRetry?: () => void
  isRetrying?: boolean
}

export function ErrorNote(props: ErrorNoteProps) {
  const { error, title = 'That did not work', onRetry, isRetrying = false } = props
  return (
    <Alert
      variant="default"
      role="alert"
      title={title}
      icon={<Icon name="alert" />}
      classNames={{ root: classes.error, title: classes.title, icon: classes.icon }}
    >
      <Text size="sm" className="user-text">
        {messageOf(error)}
      </Text>
      {onRetry !== undefined && (
        <Button size="xs" variant="default" mt="sm" loading={isRetrying} onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  )
}

interface EmptyProps {
  icon: IconName
  title: string
  children?: ReactNode
}

export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md" ta="center">
      <Text c="dimmed" component="span">
        <Icon name={icon} size={36} />
      </Text>
      <Title order={2} size="h4">
        {title}
      </Title>
      {children}
    </Stack>
  )
}
