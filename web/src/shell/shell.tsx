// What stands around every page: the name, the way to the other pages, the colours.
import { AppShell, Burger, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useEffect, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'

import { Navigation } from './navigation'
import classes from './shell.module.css'
import { ShellFoot } from './shell_foot'

export function Shell({ children }: { children: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure(false)
  const [location] = useLocation()
  useEffect(close, [location, close])
  return (
    <AppShell
      header={{ height: { base: 56, sm: 0 } }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'md', sm: 'xl' }}
      transitionDuration={0}
    >
      <a href="#content" className={classes.skip}>
        Go to the content
      </a>
      <AppShell.Header hiddenFrom="sm" className={classes.header}>
        <Group h="100%" px="md" justify="space-between">
          <Wordmark />
          <Burger
            opened={opened}
            onClick={toggle}
            size="sm"
            aria-expanded={opened}
            aria-label={opened ? 'Close the navigation' : 'Open the navigation'}
          />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} p="md">
        <div className={classes.top}>
          <Wordmark />
        </div>
        <Navigation />
        <ShellFoot />
      </AppShell.Navbar>
      <AppShell.Main id="content" className={classes.main}>
        <div className={classes.content}>{children}</div>
      </AppShell.Main>
    </AppShell>
  )
}

function Wordmark() {
  return (
    <Link href="/" className={classes.wordmark}>
      <img src="/icon.svg" alt="" width={26} height={26} />
      colvec
    </Link>
  )
}
