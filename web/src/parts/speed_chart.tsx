// Rows and tokens a second over the time of a job.
import { SimpleGrid } from '@mantine/core'

import type { SpeedSamples } from '../api/job_list'
import { duration, speed } from '../format/format'
import { LineChart } from './line_chart'

export function SpeedChart({ speeds }: { speeds: SpeedSamples }) {
  const lines = [
    { name: 'rows/s', color: '--hue-0', values: speeds.rows },
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
