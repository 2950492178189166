// A long technical text with its name, and a button that copies it.
import { ActionIcon, CopyButton, Text } from '@mantine/core'

import classes from './copy_text.module.css'
import { Icon } from './icon'

export function CopyText({ name, text }: { name: string; text: string }) {
  return (
    <div className={classes.line}>
      <Text size="xs" c="dimmed" component="span" className={classes.name}>
        {name}
      </Text>
      <code className="user-text">{text}</code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            color="gray"
            c="dimmed"
            size="sm"
            onClick={copy}
            aria-label={copied ? `${name} copied` : `Copy the ${name.toLowerCase()}`}
          >
            <Icon name={copied ? 'check' : 'copy'} size={14} />
          </ActionIcon>
        )}
      </CopyButton>
    </div>
  )
}
