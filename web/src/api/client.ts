// Requests to the API. An answer that is no success becomes an ApiError with the server's own line.

const tokenKey = 'colvec-token'

export class ApiError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** The token that the user has given in this tab; '' for none. */
export function readToken(): string {
  return sessionStorage.getItem(tokenKey) ?? ''
}

export function keepToken(token: string): void {
  sessionStorage.setItem(tokenKey, token)
}

export function authorization(): Record<string, string> {
  const token = readToken()
  return token === '' ? {} : { Authorization: `Bearer ${token}` }
}

interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  signal?: AbortSignal
}

/** The JSON that `path`, which begins behind /api/v1, answers with. */
export function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  return requestAt(`/api/v1${path}`, options)
}

/** The same for a path outside of /api/v1. */
export async function requestAt<T>(address: string, options: RequestOptions = {}): Promise<T> {
  const init: RequestInit = {
    method: options.method ?? 'GET',
    headers: { Accept: 'application/json', ...authorization() },
    signal: options.signal ?? null,
  }
  if (options.body !== undefined) {
    init.body = JSON.stringify(options.body)
    init.headers = { ...init.headers, 'Content-Type': 'application/json' }
  }
  let response: Response
  try {
    response = await fetch(address, init)
  } catch (error) {
    if (options.signal?.aborted === true) throw error
    throw new ApiError(0, 'unreachable', 'the server does not answer: is colvec serve running?')
  }
  const text = await response.text()
  if (!response.ok) throw toApiError(response.status, text)
  return (text === '' ? null : JSON.parse(text)) as T
}

export function toApiError(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } }
    return new ApiError(status, error.code, error.message)
  } catch {
    return new ApiError(status, 'http', `the server answered with status ${status}`)
  }
}

/** The parts of a path, each escaped: path`/datasets/${name}`. */
export function path(strings: TemplateStringsArray, ...values: (string | number)[]): string {
  return strings.reduce(
    (before, part, index) => before + encodeURIComponent(String(values[index - 1])) + part,
  )
}

/** What to show of an error, whatever it is. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
