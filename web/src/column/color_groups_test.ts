import { describe, expect, it } from 'vitest'

import { colorGroups, valuesMax } from './color_groups'

describe('colorGroups', () => {
  it('has a group for each of a few values, the most frequent first', () => {
    expect(colorGroups(['b', 'a', 'b', null])).toEqual({
      kind: 'values',
      groups: [
        { name: 'b', count: 2 },
        { name: 'NULL', count: 1 },
        { name: 'a', count: 1 },
      ],
      groupOf: [0, 2, 0, 1],
    })
  })

  it('puts the rest of many words together', () => {
    const values = Array.from(
      { length: 20 },
      (_, index) => `word ${String.fromCharCode(97 + index)}`,
    )
    const { kind, groups, groupOf } = colorGroups(values)
    expect(kind).toBe('values')
    expect(groups).toHaveLength(valuesMax + 1)
    expect(groups.at(-1)).toEqual({ name: '13 others', count: 13 })
    expect(groupOf[19]).toBe(valuesMax)
  })

  it('cuts numbers into ranges of equal size, NULL apart', () => {
    const values = [...Array.from({ length: 100 }, (_, index) => `${index + 1}`), null]
    const { kind, groups, groupOf } = colorGroups(values)
    expect(kind).toBe('ranges')
    expect(groups.map(({ count }) => count)).toEqual([20, 20, 20, 20, 20, 1])
    expect(groups[0]?.name).toBe('1 – 21')
    expect(groups.at(-1)?.name).toBe('NULL')
    expect([groupOf[0], groupOf[99], groupOf[100]]).toEqual([0, 4, 5])
  })

  it('cuts dates into ranges', () => {
    const values = Array.from(
      { length: 28 },
      (_, index) => `2024-02-${String(index + 1).padStart(2, '0')} 00:00:00`,
    )
    const { kind, groups } = colorGroups(values)
    expect(kind).toBe('ranges')
    expect(groups[0]?.name).toBe('2024-02-01 – 2024-02-06')
  })

  it('makes fewer ranges where one number is in most rows', () => {
    const values = [
      ...Array<string>(90).fill('5'),
      ...Array.from({ length: 10 }, (_, i) => `${i + 6}`),
    ]
    const { groups, groupOf } = colorGroups(values)
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(100)
    expect(Math.max(...groupOf)).toBe(groups.length - 1)
  })

  it('has nothing to say of no points', () => {
    expect(colorGroups([])).toEqual({ kind: 'values', groups: [], groupOf: [] })
  })
})
