import { Anchor } from '@mantine/core'
import { Link } from 'wouter'

import { Empty } from '../parts/notes'
import { Page } from './page'

export function NotFoundPage() {
  return (
    <Page title="Nothing here">
      <Empty icon="search" title="There is no such page">
        <Anchor component={Link} href="/">
          Go to the datasets
        </Anchor>
      </Empty>
    </Page>
  )
}
