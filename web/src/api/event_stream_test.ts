import { describe, expect, it, vi } from 'vitest'

import { delayMs, EventParser, readEvents, type ServerEvent } from './event_stream'

describe('EventParser', () => {
  it('reads events, however the stream is cut', () => {
    const stream =
      ': hello\n\nevent: job\ndata: {"id":"1"}\n\nevent: dataset\r\ndata: a\r\ndata: b\r\n\r\n'
    const expected: ServerEvent[] = [
      { event: 'job', data: '{"id":"1"}' },
      { event: 'dataset', data: 'a\nb' },
    ]
    for (let size = 1; size <= stream.length; size += 1) {
      const parser = new EventParser()
      const events: ServerEvent[] = []
      for (let at = 0; at < stream.length; at += size) {
        events.push(...parser.push(stream.slice(at, at + size)))
      }
      expect(events, `in pieces of ${size}`).toEqual(expected)
    }
  })

  it('keeps an event that has no end back', () => {
    const parser = new EventParser()
    expect(parser.push('event: job\ndata: 1\n')).toEqual([])
    expect(parser.push('\n')).toEqual([{ event: 'job', data: '1' }])
  })

  it('has a name for events without one, and no event without data', () => {
    expect(new EventParser().push('data: x\n\nevent: job\n\n')).toEqual([
      { event: 'message', data: 'x' },
    ])
  })
})

it.each([
  [1, 1_000],
  [2, 2_000],
  [5, 16_000],
  [6, 30_000],
  [100, 30_000],
])('after %d failures the next attempt waits %d ms', (failures, ms) =>
  expect(delayMs(failures)).toBe(ms),
)

function streamOf(...chunks: string[]): Response {
  return new Response(chunks.join(''), { headers: { 'Content-Type': 'text/event-stream' } })
}

describe('readEvents', () => {
  it('connects again after a break and after a refusal, later each time', async () => {
    const stop = new AbortController()
    const waits: number[] = []
    const seen: string[] = []
    const live: boolean[] = []
    const answers = [
      () => streamOf('event: job\ndata: 1\n\n'),
      () => new Response('', { status: 503 }),
      () => {
        throw new TypeError('network')
      },
      () => streamOf('event: job\ndata: 2\n\n'),
    ]
    await readEvents(
      {
        open: () => Promise.resolve().then(() => (answers.shift() as () => Response)()),
        onEvent: (event) => seen.push(event.data),
        onLive: (is) => live.push(is),
        wait: async (ms) => {
          waits.push(ms)
          if (answers.length === 0) stop.abort()
        },
      },
      stop.signal,
    )
    expect(seen).toEqual(['1', '2'])
    // A connection that was made counts the failures from the start again.
    expect(waits).toEqual([1_000, 2_000, 4_000, 1_000])
    expect(live).toEqual([true, false, false, false, true, false])
  })

  it('takes a long silence for a break', async () => {
    vi.useFakeTimers()
    const stop = new AbortController()
    const live: boolean[] = []
    const silent = (signal: AbortSignal) =>
      new Response(
        new ReadableStream({
          start: (controller) =>
            signal.addEventListener('abort', () => controller.error(new Error('aborted'))),
        }),
      )
    const done = readEvents(
      {
        open: (signal) => Promise.resolve(silent(signal)),
        onEvent: () => undefined,
        onLive: (is) => live.push(is),
        silenceMs: 40_000,
        wait: async () => stop.abort(),
      },
      stop.signal,
    )
    await vi.advanceTimersByTimeAsync(39_000)
    expect(live).toEqual([true])
    await vi.advanceTimersByTimeAsync(2_000)
    await done
    expect(live).toEqual([true, false])
    vi.useRealTimers()
  })
})
