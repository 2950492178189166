// The colours of groups, as custom properties of CSS (parts/hues.css).
import type { ColorGroups } from './color_groups'

export function colorOf(groups: ColorGroups | null, group: number): string {
  if (groups === null) return '--hue-0'
  return groups.kind === 'ranges' ? `--range-${Math.min(group, 5)}` : `--hue-${Math.min(group, 7)}`
}
