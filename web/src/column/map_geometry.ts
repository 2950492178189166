// Where points of a map are drawn, and which one is nearest to the pointer.
import type { MapPoint } from '../api/types'

export interface Placed {
  x: Float64Array
  y: Float64Array
}

/** Fits the points into a box; both directions have the same scale, so that distances compare. */
export function place(points: MapPoint[], width: number, height: number, margin: number): Placed {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const { x, y } of points) {
    left = Math.min(left, x)
    right = Math.max(right, x)
    low = Math.min(low, y)
    high = Math.max(high, y)
  }
  const scale = Math.min(
    (width - 2 * margin) / Math.max(right - left, 1e-12),
    (height - 2 * margin) / Math.max(high - low, 1e-12),
  )
  const middleX = (left + right) / 2
  const middleY = (low + high) / 2
  return {
    x: Float64Array.from(points, (point) => width / 2 + (point.x - middleX) * scale),
    y: Float64Array.from(points, (point) => height / 2 - (point.y - middleY) * scale),
  }
}

/** The index of the point nearest to (x, y), at most `within` away; -1 for none. */
export function nearest(placed: Placed, x: number, y: number, within: number): number {
  let best = -1
  let bestSquare = within * within
  for (let index = 0; index < placed.x.length; index += 1) {
    const dx = (placed.x[index] as number) - x
    const dy = (placed.y[index] as number) - y
    const square = dx * dx + dy * dy
    if (square <= bestSquare) {
      best = index
      bestSquare = square
    }
  }
  return best
}
