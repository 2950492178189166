import { Button } from '@mantine/core'

import { useStartJob } from '../api/actions'
import { messageOf, path } from '../api/client'
import type { Dataset } from '../api/types'
import { Icon } from '../parts/icon'
import { stepOf } from './column_row'

interface RefreshButtonProps {
  dataset: Dataset
  isBusy: boolean
}

export function RefreshButton({ dataset, isBusy }: RefreshButtonProps) {
  const start = useStartJob()
  const hasStep = dataset.columns.some((column) => stepOf(column) !== undefined)
  return (
    <>
      <Button
        leftSection={<Icon name="refresh" />}
        loading={start.isPending}
        disabled={isBusy || !hasStep}
        title={
          hasStep ? undefined : 'Give a column an embedding first: its settings are on the right'
        }
        onClick={() => start.mutate({ path: path`/datasets/${dataset.name}/refresh`, body: {} })}
      >
        Refresh
      </Button>
      {start.isError && (
        <span role="alert" style={{ color: 'var(--mantine-color-error)' }}>
          {messageOf(start.error)}
        </span>
      )}
    </>
  )
}
