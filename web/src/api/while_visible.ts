// Keeps something open only as long as the page is looked at: a browser has six connections to a
// server for all of its tabs, and a stream of each hidden one would leave none.

/** Long enough to look at another tab and come back. */
const HIDDEN_MS = 10_000

/** Calls `start` when the page is visible; its signal is aborted some time after it is hidden, and
 * then it is called again when the page comes back. Returns what ends all of it. */
export function whileVisible(
  start: (signal: AbortSignal) => void,
  page: Document = document,
): () => void {
  let running: AbortController | undefined
  let hiding: ReturnType<typeof setTimeout> | undefined
  const stop = () => {
    running?.abort()
    running = undefined
  }
  const look = () => {
    clearTimeout(hiding)
    if (page.visibilityState === 'hidden') {
      hiding = setTimeout(stop, HIDDEN_MS)
    } else if (running === undefined) {
      running = new AbortController()
      start(running.signal)
    }
  }
  page.addEventListener('visibilitychange', look)
  look()
  return () => {
    page.removeEventListener('visibilitychange', look)
    clearTimeout(hiding)
    stop()
  }
}
