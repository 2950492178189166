// Rows and tokens a second over the time of a job.
import { useMemo } from 'react'

import type { SpeedSamples } from '../api/job_list'
import { duration, speed } from '../format/format'
import { LineChart, type ChartLine } from './line_chart'

export function SpeedChart({ speeds }: { speeds: SpeedSamples }) {
  const hasTokens = speeds.tokens.some((value) => value > 0)
  const lines = useMemo(() => {
    const all: ChartLine[] = [
      { name: 'rows/s', color: '--hue-0', values: speeds.rows, axis: 'left' },
    ]
    if (hasTokens) {
      all.push({ name: 'tokens/s', color: '--hue-1', values: speeds.tokens, axis: 'right' })
    }
    return all
  }, [speeds, hasTokens])
  const now = speeds.rows.at(-1) ?? 0
  const tokens = hasTokens ? `, ${speed(speeds.tokens.at(-1) ?? 0)} tokens/s` : ''
  return (
    <LineChart
      label={`Throughput over ${duration(speeds.seconds.at(-1) ?? 0)}; now ${speed(now)} rows/s${tokens}`}
      x={speeds.seconds}
      lines={lines}
    />
  )
}
