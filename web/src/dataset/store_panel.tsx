// The store of one column: size, files, versions; and compaction.
import { Anchor, Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'

import { useStartJob } from '../api/actions'
import { path } from '../api/client'
import { useJobs } from '../api/live'
import { columnQuery } from '../api/queries'
import { bytes, count, counted } from '../format/format'
import { Figures } from '../parts/figures'
import { resultWords } from '../parts/job_words'
import { ErrorNote } from '../parts/notes'
import { Panel } from '../parts/panel'
import { QueryView } from '../parts/query_view'
import { Versions } from '../parts/versions'
import { When } from '../parts/when'
import { columnAddress } from '../shell/addresses'

interface StorePanelProps {
  dataset: string
  column: string
  /** Whether it stands elsewhere than on the column's own page. */
  isAbroad?: boolean
}

export function StorePanel({ dataset, column, isAbroad = false }: StorePanelProps) {
  const details = useQuery(columnQuery(dataset, column))
  const compact = useStartJob()
  const store = details.data?.store ?? null
  const last = useJobs().find((job) => job.title === `Compact ${dataset}: ${column}`)
  return (
    <Panel
      title={`Store of ${column}`}
      hint={
        isAbroad && (
          <Anchor component={Link} href={columnAddress(dataset, column)} size="sm">
            Details of {column}
          </Anchor>
        )
      }
      actions={
        <Button
          variant="default"
          size="xs"
          disabled={store === null}
          loading={compact.isPending}
          title="Puts small files together; no row changes"
          onClick={() =>
            compact.mutate({ path: path`/datasets/${dataset}/columns/${column}/compact` })
          }
        >
          Compact
        </Button>
      }
    >
      {compact.isError && <ErrorNote error={compact.error} title="No compaction was started" />}
      {last?.state === 'done' && last.finished_ms !== null && (
        <Text size="sm" c="dimmed" mb="sm">
          Compacted <When ms={last.finished_ms} />: {resultWords(last)}
        </Text>
      )}
      <QueryView query={details} of={`the store of ${column}`}>
        {(data) => (
          <>
            {data.store_error !== null && (
              <ErrorNote error={new Error(data.store_error)} title="The store cannot be read" />
            )}
            {data.store === null ? (
              <Text size="sm" c="dimmed">
                Nothing is stored yet: a refresh makes the store.
              </Text>
            ) : (
              <>
                <Figures
                  figures={[
                    { name: 'Size', value: bytes(data.store.bytes) },
                    { name: 'Files', value: count(data.store.files) },
                    { name: 'Keys', value: count(data.store.keys) },
                    {
                      name: 'Vectors',
                      value: count(data.store.models.reduce((sum, m) => sum + m.vectors, 0)),
                      hint: `of ${counted(data.store.models.length, 'model')}`,
                    },
                  ]}
                />
                <Versions of={column} versions={data.history} />
              </>
            )}
          </>
        )}
      </QueryView>
    </Panel>
  )
}
