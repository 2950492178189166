// What past runs did, the newest first.
import { Accordion, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { runsQuery } from '../api/queries'
import type { DatasetRun } from '../api/types'
import { counted, duration, moment, speed } from '../format/format'
import { Empty } from '../parts/notes'
import { QueryView } from '../parts/query_view'
import { StatusBadge } from '../parts/status_badge'
import { When } from '../parts/when'
import { RunDetails } from './run_details'
import { textsEmbedded } from '../api/run_sums'

export function RunsTab({ dataset }: { dataset: string }) {
  const runs = useQuery(runsQuery(dataset))
  return (
    <QueryView query={runs} of="past runs" lines={5}>
      {(list) =>
        list.length === 0 ? (
          <Empty icon="list" title="No run yet">
            <Text size="sm" c="dimmed">
              A refresh embeds what is new or changed, and is listed here with all that it did.
            </Text>
          </Empty>
        ) : (
          <Accordion
            variant="contained"
            order={2}
            keepMounted={false}
            multiple
            defaultValue={[list[0]?.id ?? '']}
          >
            {list.map((run) => (
              <Accordion.Item key={run.id} value={run.id} bg="var(--surface)">
                <Accordion.Control>
                  <RunLine run={run} />
                </Accordion.Control>
                <Accordion.Panel>
                  <RunDetails run={run} />
                </Accordion.Panel>
              </Accordion.Item>
            ))}
          </Accordion>
        )
      }
    </QueryView>
  )
}

function RunLine({ run }: { run: DatasetRun }) {
  const texts = textsEmbedded(run)
  return (
    <Group gap="sm">
      <StatusBadge state={run.outcome} />
      <Text size="sm" fw={500} component="span" title={moment(run.started_ms)}>
        <When ms={run.started_ms} />
      </Text>
      <Text size="sm" c="dimmed" component="span">
        {duration(run.seconds)} · {counted(texts, 'text')} embedded
        {texts > 0 && run.seconds > 0 && ` · ${speed(texts / run.seconds)} texts/s`}
      </Text>
    </Group>
  )
}
