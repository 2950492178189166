// A line over seconds, drawn by uPlot in the colours of the page.
import 'uplot/dist/uPlot.min.css'

import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'

import { duration, speed } from '../format/format'
import classes from './line_chart.module.css'

interface LineChartProps {
  name: string
  /** A custom property of CSS. */
  color: string
  /** Says in words what the line shows. */
  label: string
  x: number[]
  y: number[]
}

const height = 150

export function LineChart({ name, color, label, x, y }: LineChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const scheme = useComputedColorScheme('light')

  useEffect(() => {
    const element = box.current
    if (element === null) return
    const plot = new uPlot(optionsFor(element, color), [[], []], element)
    chart.current = plot
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
    resized.observe(element)
    return () => {
      resized.disconnect()
      plot.destroy()
      chart.current = null
    }
  }, [scheme, color])

  useEffect(() => {
    chart.current?.setData([x, y])
  }, [x, y, scheme])

  return (
    <figure className={classes.figure}>
      <figcaption className={classes.name} aria-hidden="true">
        {name}
      </figcaption>
      <div ref={box} role="img" aria-label={label} />
    </figure>
  )
}

function optionsFor(element: HTMLElement, lineColor: string): uPlot.Options {
  const style = getComputedStyle(element)
  const color = (property: string) => style.getPropertyValue(property).trim()
  const axis = {
    stroke: color('--mantine-color-dimmed'),
    font: `11px ${style.fontFamily}`,
    ticks: { show: false },
  }
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, most * 1.15 || 1] } },
    axes: [
      {
        ...axis,
        size: 26,
        space: 80,
        grid: { show: false },
        values: (_, ticks) => ticks.map((tick) => duration(tick)),
      },
      {
        ...axis,
        size: 52,
        grid: { stroke: color('--line'), width: 1 },
        values: (_, ticks) => ticks.map(speed),
      },
    ],
    series: [
      {},
      {
        stroke: color(lineColor),
        fill: `color-mix(in srgb, ${color(lineColor)} 12%, transparent)`,
        width: 2,
        points: { show: false },
      },
    ],
  }
}
