// Numbers, sizes and times as people read them. The locale is fixed, so that the page says the same
// as the command line everywhere.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const threeDigits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })
const dateTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

/** "5,939". */
export function count(value: number): string {
  return whole.format(value)
}

/** "1 row", "5,939 rows". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** Powers of 1000, three digits: "6.46 MB". */
export function bytes(value: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']
  let scaled = value
  let unit = 0
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000
    unit += 1
  }
  return `${threeDigits.format(scaled)} ${value === 1 ? 'byte' : units[unit]}`
}

/** A share of 0 to 1 as "47.6 %"; never "100 %" or "0 %" unless it is that. */
export function share(value: number): string {
  if (value > 0 && value < 0.001) return '< 0.1 %'
  if (value < 1 && value > 0.999) return '> 99.9 %'
  return `${Number((value * 100).toFixed(1))} %`
}

/** "412 per second" has no unit of its own: "412", "5.2", "0.031". */
export function speed(value: number): string {
  return value >= 100 ? whole.format(value) : threeDigits.format(value)
}

/** "0.12 s", "37.1 s", "2 min 5 s", "3 h 20 min", "2 d 4 h". */
export function duration(seconds: number): string {
  if (seconds > 0 && seconds < 0.005) return '< 0.01 s'
  if (seconds < 60) {
    return `${seconds < 10 ? Number(seconds.toFixed(2)) : Number(seconds.toFixed(1))} s`
  }
  const s = Math.round(seconds)
  if (s < 3600) return pair(Math.floor(s / 60), 'min', s % 60, 's')
  if (s < 86_400) return pair(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min')
  return pair(Math.floor(s / 86_400), 'd', Math.floor((s % 86_400) / 3600), 'h')
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}

/** "just now", "5 min ago", "3 h ago", "2 d ago", then the date. */
export function ago(ms: number, nowMs: number): string {
  const seconds = (nowMs - ms) / 1000
  if (seconds < 60) return 'just now'
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`
  return moment(ms)
}

/** "25 Nov 2026, 19:46", in the zone of the reader. */
export function moment(ms: number): string {
  return dateTime.format(ms)
}

/** The last part of a path or of "org/name". */
export function lastPart(text: string): string {
  return text.replace(/\/+$/, '').split('/').pop() || text
}
