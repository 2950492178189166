// Whether what is shown is live, the version, and light or dark.
import {
  ActionIcon,
  Anchor,
  Group,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { useConnected } from '../api/live'
import { infoQuery } from '../api/queries'
import { Icon } from '../parts/icon'
import classes from './shell.module.css'

export function ShellFoot() {
  const connected = useConnected()
  const info = useQuery(infoQuery()).data
  return (
    <div className={classes.foot}>
      <div className={classes.live} data-live={connected} role="status">
        {connected ? 'Live' : 'Connecting …'}
      </div>
      <Group justify="space-between">
        <Text size="xs" c="dimmed" title={info === undefined ? undefined : `Home: ${info.home}`}>
          {info === undefined ? 'colvec' : `Version ${info.version.replace(/^colvec\//, '')}`}
          <br />
          <Anchor href="/licences.txt" size="xs">
            Licences
          </Anchor>
        </Text>
        <SchemeButton />
      </Group>
    </div>
  )
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('light') === 'dark'
  return (
    <ActionIcon
      variant="default"
      aria-label={isDark ? 'Light colours' : 'Dark colours'}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      <Icon name={isDark ? 'sun' : 'moon'} />
    </ActionIcon>
  )
}
