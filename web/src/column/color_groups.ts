// Which points of a map share a colour: by the value itself where there are few, else by ranges of
// equal size for numbers and dates, else the most frequent values and the rest.

export interface ColorGroups {
  /** Ranges go from low to high, which their colours show; values have no order. */
  kind: 'values' | 'ranges'
  groups: { name: string; count: number }[]
  /** For each value the index of its group. */
  groupOf: number[]
}

export const valuesMax = 7
const ranges = 5
const isoDate = /^\d{4}-\d{2}-\d{2}/

export function colorGroups(values: (string | null)[]): ColorGroups {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(name(value), (counts.get(name(value)) ?? 0) + 1)
  const known = values.filter((value) => value !== null)
  if (counts.size > valuesMax) {
    const numbers = known.map(Number)
    if (numbers.every(Number.isFinite)) {
      return byRange(values, Number, (number) => `${Number(number.toPrecision(4))}`)
    }
    if (known.every((value) => isoDate.test(value))) {
      return byRange(
        values,
        (value) => value,
        (value) => value.slice(0, 10),
      )
    }
  }
  return byValue(values, counts)
}

function name(value: string | null): string {
  return value ?? 'NULL'
}

function byValue(values: (string | null)[], counts: Map<string, number>): ColorGroups {
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  const shown = sorted.slice(0, valuesMax).map(([value, count]) => ({ name: value, count }))
  const rest = sorted.slice(valuesMax)
  const index = new Map(shown.map((group, position) => [group.name, position]))
  if (rest.length > 0) {
    const count = rest.reduce((sum, [, each]) => sum + each, 0)
    shown.push({ name: `${rest.length} others`, count })
  }
  return {
    kind: 'values',
    groups: shown,
    groupOf: values.map((value) => index.get(name(value)) ?? shown.length - 1),
  }
}

function byRange<T extends number | string>(
  values: (string | null)[],
  read: (value: string) => T,
  show: (value: T) => string,
): ColorGroups {
  const known = values.filter((value) => value !== null).map(read)
  const sorted = [...known].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const bounds: T[] = []
  for (let range = 1; range < ranges; range += 1) {
    const bound = sorted[Math.floor((sorted.length * range) / ranges)] as T
    if (bounds.at(-1) !== bound && bound !== sorted[0]) bounds.push(bound)
  }
  const first = sorted[0] as T
  const last = sorted.at(-1) as T
  const groups = [first, ...bounds].map((low, position) => ({
    name: `${show(low)} – ${show(bounds[position] ?? last)}`,
    count: 0,
  }))
  const groupOf = values.map((value) => {
    if (value === null) return groups.length
    const read_value = read(value)
    return bounds.filter((bound) => read_value >= bound).length
  })
  if (known.length < values.length) groups.push({ name: 'NULL', count: 0 })
  for (const group of groupOf) (groups[group] as { count: number }).count += 1
  return { kind: 'ranges', groups, groupOf }
}
