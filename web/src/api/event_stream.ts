// Server-sent events over fetch (an EventSource cannot send a token): reads them until stopped, and
// connects again after a break, a little later each time.

export interface ServerEvent {
  event: string
  data: string
}

/** Cuts a stream of text into events; a part that is not complete waits for the next call. */
export class EventParser {
  private rest = ''

  push(text: string): ServerEvent[] {
    const blocks = (this.rest + text).split(/\r?\n\r?\n/)
    this.rest = blocks.pop() ?? ''
    return blocks.flatMap((block) => parseBlock(block))
  }
}

function parseBlock(block: string): ServerEvent[] {
  let event = 'message'
  const data: string[] = []
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue // A comment, or no field.
    const field = line.slice(0, colon)
    const value = line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') event = value
    if (field === 'data') data.push(value)
  }
  return data.length === 0 ? [] : [{ event, data: data.join('\n') }]
}

/** How long to wait before the attempt that follows `failures` failed ones: 1 s to 30 s. */
export function delayMs(failures: number): number {
  return Math.min(30_000, 1_000 * 2 ** Math.max(0, failures - 1))
}

export interface EventStreamOptions {
  open: (signal: AbortSignal) => Promise<Response>
  onEvent: (event: ServerEvent) => void
  /** Called with true after each connection, with false after each break. */
  onLive: (live: boolean) => void
  /** Longer silence than this is a break; the server writes a comment every 15 s. */
  silenceMs?: number
  wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Runs until `signal` is aborted. */
export async function readEvents(options: EventStreamOptions, signal: AbortSignal): Promise<void> {
  const wait = options.wait ?? sleep
  let failures = 0
  while (!signal.aborted) {
    try {
      await readOnce(options, signal, () => {
        failures = 0
        options.onLive(true)
      })
    } catch {
      // What went wrong does not matter: connect again.
    }
    if (signal.aborted) return
    options.onLive(false)
    failures += 1
    await wait(delayMs(failures), signal)
  }
}

async function readOnce(options: EventStreamOptions, signal: AbortSignal, onOpen: () => void) {
  const silence = new AbortController()
  const either = AbortSignal.any([signal, silence.signal])
  let timer: ReturnType<typeof setTimeout> | undefined
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), options.silenceMs ?? 40_000)
  }
  try {
    heard()
    const response = await options.open(either)
    if (!response.ok || response.body === null) throw new Error(`status ${response.status}`)
    onOpen()
    const parser = new EventParser()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      heard()
      for (const event of parser.push(value)) options.onEvent(event)
    }
  } finally {
    clearTimeout(timer)
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
