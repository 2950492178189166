// What is done to a dataset as a whole: another name, a bundle, removal.
import { ActionIcon, Menu } from '@mantine/core'
import { useState } from 'react'

import type { Dataset } from '../api/types'
import { Icon } from '../parts/icon'
import { DeployDialog } from './deploy_dialog'
import { RemoveDialog } from './remove_dialog'
import { RenameDialog } from './rename_dialog'

type Dialog = 'rename' | 'deploy' | 'remove' | null

export function DatasetMenu({ dataset }: { dataset: Dataset }) {
  const [dialog, setDialog] = useState<Dialog>(null)
  const close = () => setDialog(null)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={`More for ${dataset.name}`}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="edit" />} onClick={() => setDialog('rename')}>
            Rename …
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="up" />} onClick={() => setDialog('deploy')}>
            Deploy a bundle …
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name="trash" />}
            c="var(--mantine-color-error)"
            onClick={() => setDialog('remove')}
          >
            Remove …
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {dialog === 'rename' && <RenameDialog dataset={dataset.name} onClose={close} />}
      {dialog === 'deploy' && <DeployDialog dataset={dataset.name} onClose={close} />}
      {dialog === 'remove' && <RemoveDialog dataset={dataset.name} onClose={close} />}
    </>
  )
}
