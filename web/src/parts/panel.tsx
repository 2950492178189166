// A titled area of a page.
import { Group, Paper, Text, Title } from '@mantine/core'
import { useId, type ReactNode } from 'react'

interface PanelProps {
  title: string
  hint?: ReactNode
  actions?: ReactNode
  children?: ReactNode
}

export function Panel({ title, hint, actions, children }: PanelProps) {
  const id = useId()
  return (
    <Paper component="section" aria-labelledby={id} withBorder p="md" bg="var(--surface)">
      <Group
        justify="space-between"
        align="flex-start"
        mb={children === undefined ? 0 : 'sm'}
        gap="xs"
      >
        <div style={{ flex: '1 1 16rem', minWidth: 0 }}>
          <Title order={2} size="h5" id={id}>
            {title}
          </Title>
          {hint !== undefined && hint !== false && (
            <Text size="sm" c="dimmed">
              {hint}
            </Text>
          )}
        </div>
        {actions}
      </Group>
      {children}
    </Paper>
  )
}
