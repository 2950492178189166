import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { ApiError, path, request, toApiError } from './client'

beforeEach(() => {
  const kept = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  })
})
afterEach(() => vi.unstubAllGlobals())

it('escapes every part of a path', () => {
  expect(path`/datasets/${'a/b'}/columns/${'ä ?#'}`).toBe('/datasets/a%2Fb/columns/%C3%A4%20%3F%23')
  expect(path`/plain`).toBe('/plain')
})

it('gives the line of the server in an error', () => {
  const error = toApiError(409, '{"error":{"code":"conflict","message":"dataset a: taken"}}')
  expect([error.status, error.code, error.message]).toEqual([409, 'conflict', 'dataset a: taken'])
  expect(toApiError(502, '<html>').message).toBe('the server answered with status 502')
})

it('sends JSON and the token, and reads JSON', async () => {
  sessionStorage.setItem('colvec-token', 'secret')
  const fetched = vi.fn(() => Promise.resolve(new Response('{"a":1}')))
  vi.stubGlobal('fetch', fetched)
  expect(await request('/x', { method: 'POST', body: { b: 2 } })).toEqual({ a: 1 })
  expect(fetched).toHaveBeenCalledWith('/api/v1/x', {
    method: 'POST',
    headers: {
      Accept: 'application/json',
      Authorization: 'Bearer secret',
      'Content-Type': 'application/json',
    },
    body: '{"b":2}',
    signal: null,
  })
})

it('takes an empty answer for null', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(null, { status: 204 })))
  expect(await request('/x', { method: 'DELETE' })).toBeNull()
})

it('says so when no server answers', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed')))
  await expect(request('/x')).rejects.toThrow(
    new ApiError(0, 'unreachable', 'the server does not answer: is colvec serve running?'),
  )
})
