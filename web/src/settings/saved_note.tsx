import { Alert, Anchor, Text } from '@mantine/core'
import { Link } from 'wouter'

import { Icon } from '../parts/icon'
import { datasetAddress } from '../shell/addresses'

export function SavedNote({ dataset }: { dataset: string }) {
  return (
    <Alert color="petrol" variant="outline" title="Saved" icon={<Icon name="check" />}>
      <Text size="sm">
        The vectors stay as they are until the next refresh:{' '}
        <Anchor component={Link} href={datasetAddress(dataset)} size="sm" underline="always">
          go to {dataset}
        </Anchor>
      </Text>
    </Alert>
  )
}
