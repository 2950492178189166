import type { ColorGroups } from './color_groups'
import { colorOf } from './map_colors'
import type { Placed } from './map_geometry'

interface Drawing {
  placed: Placed
  groups: ColorGroups | null
  /** -1: none. */
  chosen: number
  width: number
  height: number
}

export function drawMap(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const { placed, groups, chosen, width, height } = drawing
  const context = canvas.getContext('2d')
  if (context === null) return
  const sharpness = window.devicePixelRatio || 1
  canvas.width = Math.round(width * sharpness)
  canvas.height = Math.round(height * sharpness)
  context.setTransform(sharpness, 0, 0, sharpness, 0, 0)
  context.clearRect(0, 0, width, height)
  const style = getComputedStyle(canvas)
  const radius = placed.x.length > 800 ? 2.4 : 3.4
  context.globalAlpha = 0.8
  const groupCount = groups?.groups.length ?? 1
  for (let group = groupCount - 1; group >= 0; group -= 1) {
    context.fillStyle = style.getPropertyValue(colorOf(groups, group)).trim()
    context.beginPath()
    for (let index = 0; index < placed.x.length; index += 1) {
      if ((groups?.groupOf[index] ?? 0) === group) circle(context, placed, index, radius)
    }
    context.fill()
  }
  if (chosen < 0 || chosen >= placed.x.length) return
  context.globalAlpha = 1
  context.fillStyle = style.getPropertyValue(colorOf(groups, groups?.groupOf[chosen] ?? 0)).trim()
  context.strokeStyle = style.getPropertyValue('--mantine-color-text').trim()
  context.lineWidth = 2
  context.beginPath()
  circle(context, placed, chosen, radius + 3)
  context.fill()
  context.stroke()
}

function circle(context: CanvasRenderingContext2D, placed: Placed, index: number, radius: number) {
  const x = placed.x[index] as number
  const y = placed.y[index] as number
  context.moveTo(x + radius, y)
  context.arc(x, y, radius, 0, 2 * Math.PI)
}
