// Whether the form can be saved, and the buttons that plan and save it; always in sight.
import { Button, Group, Text } from '@mantine/core'

import { Icon } from '../parts/icon'
import classes from './save_bar.module.css'
import type { Validation } from './use_validation'

interface SaveBarProps {
  validation: Validation
  isChanged: boolean
  isPlanning: boolean
  isSaving: boolean
  onPlan: () => void
  onReset: () => void
}

export function SaveBar(props: SaveBarProps) {
  const { validation, isChanged, isPlanning, isSaving, onPlan, onReset } = props
  const isValid = validation.state === 'valid'
  return (
    <div className={classes.bar}>
      <div role="status" className={classes.words} data-state={validation.state}>
        <Words validation={validation} isChanged={isChanged} />
      </div>
      <Group gap="xs" className={classes.buttons}>
        {isChanged && (
          <Button variant="subtle" color="gray" c="dimmed" onClick={onReset}>
            Undo
          </Button>
        )}
        <Button variant="default" disabled={!isValid} loading={isPlanning} onClick={onPlan}>
          Plan
        </Button>
        <Button type="submit" disabled={!isValid || !isChanged} loading={isSaving}>
          Save
        </Button>
      </Group>
    </div>
  )
}

function Words({ validation, isChanged }: { validation: Validation; isChanged: boolean }) {
  switch (validation.state) {
    case 'idle':
      return <Text size="sm">Choose a model to give this column an embedding.</Text>
    case 'asking':
      return <Text size="sm">Checking …</Text>
    case 'valid':
      return (
        <>
          <Icon name="check" />
          <Text size="sm">
            {isChanged ? 'These settings are valid, not saved yet.' : 'No changes.'}
          </Text>
        </>
      )
    case 'invalid':
      return (
        <>
          <Icon name="alert" />
          <Text size="sm" className="user-text">
            {validation.error.field !== null && <strong>{validation.error.field}: </strong>}
            {validation.error.message}
          </Text>
        </>
      )
  }
}
