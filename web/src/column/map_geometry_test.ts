import { expect, it } from 'vitest'

import type { MapPoint } from '../api/types'
import { nearest, place } from './map_geometry'

function points(...places: [number, number][]): MapPoint[] {
  return places.map(([x, y]) => ({ x, y, text: '', color: null, key: '' }))
}

it('fits the points into the box with one scale for both directions', () => {
  const placed = place(points([0, 0], [10, 0], [5, 2]), 220, 100, 10)
  expect([...placed.x]).toEqual([10, 210, 110])
  // Up is up.
  expect([...placed.y]).toEqual([70, 70, 30])
})

it('puts one point, or equal ones, into the middle', () => {
  const placed = place(points([3, 3], [3, 3]), 100, 50, 10)
  expect([...placed.x, ...placed.y]).toEqual([50, 50, 25, 25])
})

it('finds the nearest point within reach', () => {
  const placed = place(points([0, 0], [10, 0]), 220, 100, 10)
  expect(nearest(placed, 14, 52, 18)).toBe(0)
  expect(nearest(placed, 205, 50, 18)).toBe(1)
  expect(nearest(placed, 110, 50, 18)).toBe(-1)
})
