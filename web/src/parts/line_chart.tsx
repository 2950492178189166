// Lines over seconds, drawn by uPlot in the colours of the page.
import 'uplot/dist/uPlot.min.css'

import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'

import { duration, speed } from '../format/format'
import classes from './line_chart.module.css'

export interface ChartLine {
  name: string
  /** A custom property of CSS. */
  color: string
  values: number[]
  axis: 'left' | 'right'
}

interface LineChartProps {
  /** Says in words what the lines show. */
  label: string
  x: number[]
  lines: ChartLine[]
}

const height = 170

export function LineChart({ label, x, lines }: LineChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const scheme = useComputedColorScheme('light')
  const names = lines.map((line) => line.name).join()
  const data = useRef<uPlot.AlignedData>([[]])
  data.current = [x, ...lines.map((line) => line.values)]

  useEffect(() => {
    const element = box.current
    if (element === null) return
    const plot = new uPlot(optionsFor(element, lines), data.current, element)
    chart.current = plot
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
    resized.observe(element)
    return () => {
      resized.disconnect()
      plot.destroy()
      chart.current = null
    }
    // The values alone do not make another chart: they come through setData below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [scheme, names])

  useEffect(() => {
    chart.current?.setData(data.current)
  }, [x, lines])

  return (
    <figure className={classes.figure}>
      <div ref={box} role="img" aria-label={label} />
      <figcaption className={classes.legend} aria-hidden="true">
        {lines.map((line) => (
          <span
            key={line.name}
            style={{ '--line-color': `var(${line.color})` } as React.CSSProperties}
          >
            {line.name}
          </span>
        ))}
      </figcaption>
    </figure>
  )
}

function optionsFor(element: HTMLElement, lines: ChartLine[]): uPlot.Options {
  const style = getComputedStyle(element)
  const color = (name: string) => style.getPropertyValue(name).trim()
  const axis = { stroke: color('--mantine-color-dimmed'), font: `11px ${style.fontFamily}` }
  const grid = { stroke: color('--line'), width: 1 }
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: {
      x: { time: false },
      left: { range: (_, __, most) => [0, most * 1.1 || 1] },
      right: { range: (_, __, most) => [0, most * 1.1 || 1] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: (_, ticks) => ticks.map((tick) => duration(tick)) },
      { ...axis, scale: 'left', grid, size: 56, values: (_, ticks) => ticks.map(speed) },
      ...(lines.some((line) => line.axis === 'right')
        ? [
            {
              ...axis,
              scale: 'right',
              side: 1 as const,
              grid: { show: false },
              size: 56,
              values: (_: uPlot, ticks: number[]) => ticks.map(speed),
            },
          ]
        : []),
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.name,
        scale: line.axis,
        stroke: color(line.color),
        width: 2,
        points: { show: false },
      })),
    ],
  }
}
