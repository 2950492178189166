// The head of each page: where one is, its title, what can be done; then its content.
import { Anchor, Box, Group, Stack, Text, Title } from '@mantine/core'
import { Fragment, useEffect, useRef, type ReactNode } from 'react'
import { Link } from 'wouter'

export interface Crumb {
  name: string
  address: string
}

interface PageProps {
  title: string
  /** Beside the title. */
  badge?: ReactNode
  /** Below the title. */
  about?: ReactNode
  crumbs?: Crumb[]
  actions?: ReactNode
  children: ReactNode
}

let hasShownPage = false

export function Page({ title, badge, about, crumbs = [], actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · colvec`
    // A reader of the screen hears that this is another page now. The first one begins at its start.
    if (hasShownPage) {
      heading.current?.focus({ preventScroll: true })
      window.scrollTo(0, 0)
    }
    hasShownPage = true
  }, [title])
  return (
    <Stack gap="md">
      {crumbs.length > 0 && (
        <nav aria-label="Where you are">
          <Text size="sm" component="div">
            {crumbs.map((crumb, index) => (
              <Fragment key={crumb.address}>
                {index > 0 && <span aria-hidden="true"> / </span>}
                <Anchor component={Link} href={crumb.address} className="user-text">
                  {crumb.name}
                </Anchor>
              </Fragment>
            ))}
          </Text>
        </nav>
      )}
      <Group justify="space-between" align="flex-start" gap="sm">
        <Box miw={0}>
          <Group gap="sm">
            <Title order={1} size="h2" ref={heading} tabIndex={-1} className="user-text">
              {title}
            </Title>
            {badge}
          </Group>
          {about !== undefined && about !== false && (
            <Text c="dimmed" size="sm" component="div" className="user-text" mt={2}>
              {about}
            </Text>
          )}
        </Box>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  )
}
