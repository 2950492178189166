import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { whileVisible } from './while_visible'

class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible'
  show(state: DocumentVisibilityState) {
    this.visibilityState = state
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('stops what it started a while after the page is hidden, and starts it again', () => {
  const page = new Page()
  const signals: AbortSignal[] = []
  const end = whileVisible((signal) => signals.push(signal), page as unknown as Document)
  page.show('hidden')
  vi.advanceTimersByTime(5_000)
  page.show('visible')
  vi.advanceTimersByTime(60_000)
  expect(signals.map((signal) => signal.aborted)).toEqual([false])
  page.show('hidden')
  vi.advanceTimersByTime(60_000)
  expect(signals.map((signal) => signal.aborted)).toEqual([true])
  page.show('visible')
  expect(signals.map((signal) => signal.aborted)).toEqual([true, false])
  end()
  page.show('visible')
  expect(signals.map((signal) => signal.aborted)).toEqual([true, true])
})
