// What a job does a second, and how many tokens, over its time.
import { SimpleGrid } from '@mantine/core'

import type { SpeedSamples } from '../api/job_list'
import { duration, speed } from '../format/format'
import { kindOfJob } from './job_kinds'
import { LineChart } from './line_chart'

export function SpeedChart({ kind, speeds }: { kind: string; speeds: SpeedSamples }) {
  const { name, unit } = kindOfJob(kind).unit.chart
  const lines = [
    { name, color: '--hue-0', values: speeds.rows.map((rate) => rate / unit) },
    { name: 'tokens/s', color: '--hue-1', values: speeds.tokens },
  ].filter((line) => line.values.some((value) => value > 0))
  const span = duration(speeds.seconds.at(-1) ?? 0)
  return (
    <SimpleGrid cols={{ base: 1, md: lines.length }} mt="sm">
      {lines.map((line) => (
        <LineChart
          key={line.name}
          name={line.name}
          color={line.color}
          label={`Throughput over ${span}: now ${speed(line.values.at(-1) ?? 0)} ${line.name}`}
          x={speeds.seconds}
          y={line.values}
        />
      ))}
    </SimpleGrid>
  )
}
