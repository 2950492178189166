// What the page reads from the API, each with the key under which it is kept.
import { queryOptions } from '@tanstack/react-query'

import { path, request, requestAt } from './client'
import type {
  ColumnDetails,
  ColumnMap,
  Dataset,
  DatasetRun,
  DatasetStatus,
  DatasetSummary,
  FileList,
  Info,
  Job,
  LocalModel,
  ServedModel,
  StoreVersion,
  TableRows,
} from './types'

export const keys = {
  info: ['info'] as const,
  datasets: ['datasets'] as const,
  dataset: (name: string) => ['dataset', name] as const,
  jobs: ['jobs'] as const,
  models: ['models'] as const,
}

export const infoQuery = () =>
  queryOptions({
    queryKey: keys.info,
    queryFn: ({ signal }) => request<Info>('/info', { signal }),
    staleTime: 60_000,
  })

export const datasetsQuery = () =>
  queryOptions({
    queryKey: keys.datasets,
    queryFn: ({ signal }) => request<DatasetSummary[]>('/datasets', { signal }),
  })

export const datasetQuery = (name: string) =>
  queryOptions({
    queryKey: [...keys.dataset(name), 'file'],
    queryFn: ({ signal }) => request<Dataset>(path`/datasets/${name}`, { signal }),
  })

export const statusQuery = (name: string) =>
  queryOptions({
    queryKey: [...keys.dataset(name), 'status'],
    queryFn: ({ signal }) => request<DatasetStatus>(path`/datasets/${name}/status`, { signal }),
  })

export const runsQuery = (name: string) =>
  queryOptions({
    queryKey: [...keys.dataset(name), 'runs'],
    queryFn: ({ signal }) => request<DatasetRun[]>(path`/datasets/${name}/runs`, { signal }),
  })

export const previewQuery = (name: string, rows: number) =>
  queryOptions({
    queryKey: [...keys.dataset(name), 'preview', rows],
    queryFn: ({ signal }) =>
      request<TableRows>(path`/datasets/${name}/preview?rows=${rows}`, { signal }),
  })

export const columnQuery = (dataset: string, column: string) =>
  queryOptions({
    queryKey: [...keys.dataset(dataset), 'column', column],
    queryFn: ({ signal }) =>
      request<ColumnDetails>(path`/datasets/${dataset}/columns/${column}`, { signal }),
  })

export const historyQuery = (dataset: string, column: string) =>
  queryOptions({
    queryKey: [...keys.dataset(dataset), 'history', column],
    queryFn: ({ signal }) =>
      request<StoreVersion[]>(path`/datasets/${dataset}/columns/${column}/history`, { signal }),
  })

export const mapQuery = (dataset: string, column: string, color: string, points: number) =>
  queryOptions({
    queryKey: [...keys.dataset(dataset), 'map', column, color, points],
    queryFn: ({ signal }) => {
      const by = color === '' ? '' : path`&color=${color}`
      return request<ColumnMap>(
        path`/datasets/${dataset}/columns/${column}/map?points=${points}` + by,
        { signal },
      )
    },
    staleTime: 300_000,
  })

export const jobsQuery = () =>
  queryOptions({
    queryKey: keys.jobs,
    queryFn: ({ signal }) => request<Job[]>('/jobs', { signal }),
  })

export const modelsQuery = () =>
  queryOptions({
    queryKey: keys.models,
    queryFn: ({ signal }) => request<LocalModel[]>('/models', { signal }),
    staleTime: 30_000,
  })

export const servedModelsQuery = () =>
  queryOptions({
    queryKey: ['served models'],
    queryFn: ({ signal }) =>
      requestAt<{ data: ServedModel[] }>('/v1/models', { signal }).then(({ data }) => data),
    staleTime: 60_000,
  })

export const filesQuery = (folder: string) =>
  queryOptions({
    queryKey: ['files', folder],
    queryFn: ({ signal }) => request<FileList>(path`/files?path=${folder}`, { signal }),
  })
