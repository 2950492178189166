// Where things are on the page.
import { path } from '../api/client'

export const datasetAddress = (dataset: string, tab = '') =>
  path`/datasets/${dataset}` + (tab === '' ? '' : `/${tab}`)

export const columnAddress = (dataset: string, column: string) =>
  path`/datasets/${dataset}/columns/${column}`

export const settingsAddress = (dataset: string, column: string) =>
  path`/datasets/${dataset}/columns/${column}/settings`

export const searchAddress = (dataset: string, column: string) =>
  path`/search?dataset=${dataset}&column=${column}`
