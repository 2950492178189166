import { describe, expect, it } from 'vitest'

import { ago, bytes, count, counted, duration, lastPart, share, speed } from './format'

describe('numbers', () => {
  it.each([
    [0, '0'],
    [5939, '5,939'],
    [1e9, '1,000,000,000'],
  ])('count(%d) is %s', (value, text) => expect(count(value)).toBe(text))

  it('a count has the singular for one only', () => {
    expect(counted(1, 'row')).toBe('1 row')
    expect(counted(0, 'row')).toBe('0 rows')
    expect(counted(2, 'nearest row', 'nearest rows')).toBe('2 nearest rows')
  })

  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [999_999, '1 MB'],
    [6_456_038, '6.46 MB'],
    [1.5e12, '1.5 TB'],
    [3e18, '3,000 PB'],
  ])('bytes(%d) is %s', (value, text) => expect(bytes(value)).toBe(text))

  it.each([
    [0, '0 %'],
    [0.0001, '< 0.1 %'],
    [0.0088, '0.9 %'],
    [0.47643, '47.6 %'],
    [0.9996, '> 99.9 %'],
    [0.99995, '> 99.9 %'],
    [1, '100 %'],
  ])('share(%d) is %s: all and nothing only where it is so', (value, text) =>
    expect(share(value)).toBe(text),
  )

  it.each([
    [376247.05, '376,247'],
    [171.6, '172'],
    [5.234, '5.23'],
    [0.0312, '0.0312'],
  ])('speed(%d) is %s', (value, text) => expect(speed(value)).toBe(text))
})

describe('times', () => {
  it.each([
    [0, '0 s'],
    [0.0008, '< 0.01 s'],
    [0.124, '0.12 s'],
    [36.95, '37 s'],
    [59.96, '60 s'],
    [65.2, '1 min 5 s'],
    [3600, '1 h'],
    [12_000, '3 h 20 min'],
    [187_200, '2 d 4 h'],
  ])('duration(%d) is %s', (seconds, text) => expect(duration(seconds)).toBe(text))

  it.each([
    [0, 'just now'],
    [59, 'just now'],
    [60, '1 min ago'],
    [7_199, '1 h ago'],
    [200_000, '2 d ago'],
  ])('%d seconds ago is "%s"', (seconds, text) =>
    expect(ago(1_000_000_000_000, 1_000_000_000_000 + seconds * 1000)).toBe(text),
  )

  it('tells the date of what was more than a week ago', () => {
    expect(ago(0, 8 * 86_400_000)).toMatch(/1970/)
  })
})

describe('names', () => {
  it.each([
    ['/srv/models/tiny/', 'tiny'],
    ['sentence-transformers/all-MiniLM-L6-v2', 'all-MiniLM-L6-v2'],
    ['builtin:lexical', 'builtin:lexical'],
    ['', ''],
  ])('the last part of "%s" is "%s"', (text, part) => expect(lastPart(text)).toBe(part))
})
