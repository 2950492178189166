// What a refresh would do with settings that are not saved.
import { List, Stack, Title } from '@mantine/core'

import type { ColumnPlan } from '../api/types'
import { bytes, count, counted, duration, share, speed } from '../format/format'
import { Figures } from '../parts/figures'
import { Histogram } from '../parts/histogram'
import { Panel } from '../parts/panel'

export function PlanPanel({ plan }: { plan: ColumnPlan }) {
  const { run } = plan
  const figures = [
    {
      name: 'Texts to embed',
      value: count(run.texts_missing),
      hint: `of ${count(run.distinct_texts)} distinct`,
    },
    {
      name: 'Predicted time',
      value: duration(plan.seconds_predicted),
      hint: plan.texts_per_second > 0 ? `${speed(plan.texts_per_second)} texts/s` : undefined,
    },
    { name: 'Predicted size', value: bytes(plan.bytes_predicted) },
    { name: 'Tokens per text', value: plan.tokens_mean.toFixed(1) },
    { name: 'Truncated', value: share(plan.truncated_share) },
  ]
  if (run.base_dimension !== undefined) {
    figures.splice(1, 0, { name: 'Base dimension', value: count(run.base_dimension) })
  }
  return (
    <Panel
      title="Plan"
      hint={`Measured on ${counted(plan.sampled_texts, 'text')}; nothing is written`}
    >
      <Stack>
        <Figures figures={figures} />
        <List size="sm">
          {run.did.map((line) => (
            <List.Item key={line} className="user-text">
              {line}
            </List.Item>
          ))}
        </List>
        {plan.token_histogram.length > 0 && (
          <div>
            <Title order={3} size="h6" mb="xs">
              Tokens of the sampled texts
            </Title>
            <Histogram
              caption="Number of sampled texts by their number of tokens"
              bucketName="Tokens"
              countName="Texts"
              bars={plan.token_histogram.map((bar) => ({ bucket: bar.tokens, count: bar.texts }))}
            />
          </div>
        )}
      </Stack>
    </Panel>
  )
}
