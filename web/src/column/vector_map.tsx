// Points on a canvas. The pointer, or the arrow keys, choose one, whose text is shown.
import { useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'

import type { MapPoint } from '../api/types'
import { counted } from '../format/format'
import type { ColorGroups } from './color_groups'
import { drawMap } from './draw_map'
import { nearest, place } from './map_geometry'
import classes from './vector_map.module.css'

interface VectorMapProps {
  points: MapPoint[]
  groups: ColorGroups | null
  of: string
}

const margin = 14
const reach = 18 // Pixels from the pointer to a point that it still chooses.

export function VectorMap({ points, groups, of }: VectorMapProps) {
  const { ref, width, height } = useElementSize()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [chosen, setChosen] = useState(-1)
  const scheme = useComputedColorScheme('light')
  const placed = useMemo(() => place(points, width, height, margin), [points, width, height])
  // Neighbours for the arrow keys: from left to right.
  const order = useMemo(
    () => points.map((_, index) => index).sort((a, b) => (placed.x[a] ?? 0) - (placed.x[b] ?? 0)),
    [points, placed],
  )
  useEffect(() => {
    if (canvas.current !== null && width > 0) {
      drawMap(canvas.current, { placed, groups, chosen, width, height })
    }
  }, [placed, groups, chosen, width, height, scheme])

  const point = points[chosen]
  const choose = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect()
    setChosen(nearest(placed, event.clientX - box.left, event.clientY - box.top, reach))
  }
  const step = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (event.key === 'Escape') setChosen(-1)
    if (by === undefined) return
    event.preventDefault()
    const at = chosen < 0 ? (by > 0 ? -1 : 0) : order.indexOf(chosen)
    setChosen(order[(at + by + order.length) % order.length] ?? -1)
  }
  return (
    <div
      ref={ref}
      className={classes.map}
      tabIndex={0}
      role="application"
      aria-roledescription="map of vectors"
      aria-label={`Map of ${of}: ${counted(points.length, 'row')}. The arrow keys go from row to row.`}
      onPointerMove={choose}
      onPointerDown={choose}
      onPointerLeave={() => setChosen(-1)}
      onKeyDown={step}
    >
      <canvas ref={canvas} aria-hidden="true" />
      {point !== undefined && (
        <div
          className={classes.tip}
          data-side={(placed.x[chosen] ?? 0) > width / 2 ? 'left' : 'right'}
          style={{ left: placed.x[chosen] ?? 0, top: placed.y[chosen] ?? 0 }}
        >
          <PointText point={point} />
        </div>
      )}
      <div className="visually-hidden" aria-live="polite">
        {point !== undefined && <PointText point={point} />}
      </div>
    </div>
  )
}

function PointText({ point }: { point: MapPoint }) {
  return (
    <>
      <div className={`user-text ${classes.text}`}>{point.text}</div>
      <div className={`user-text ${classes.key}`}>
        {point.key}
        {point.color !== null && point.color !== undefined && ` · ${point.color}`}
      </div>
    </>
  )
}
