// Where things are on the page.
import { path } from '../api/client'

/**
 * The parts of a path with their names as they were written: "/datasets/Q%26A" gives "datasets" and
 * "Q&A". The path is the browser's own: the router's is half decoded, and a % in it may be either.
 */
export function partsOf(pathname: string): string[] {
  return pathname.split('/').slice(1).map(decoded)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // Written by hand: a % that escapes nothing.
  }
}

export const datasetAddress = (dataset: string, tab = '') =>
  path`/datasets/${dataset}` + (tab === '' ? '' : `/${tab}`)

export const columnAddress = (dataset: string, column: string) =>
  path`/datasets/${dataset}/columns/${column}`

export const settingsAddress = (dataset: string, column: string) =>
  path`/datasets/${dataset}/columns/${column}/settings`

export const searchAddress = (dataset: string, column: string) =>
  path`/search?dataset=${dataset}&column=${column}`
