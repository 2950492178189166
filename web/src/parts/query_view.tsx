// Shows what a query has come to: loading, an error, or what `children` makes of its data. Data that
// could not be read anew stays, below the error.
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { ErrorNote, Loading } from './notes'

interface QueryViewProps<T> {
  query: UseQueryResult<T>
  of: string
  lines?: number
  children: (data: T) => ReactNode
}

export function QueryView<T>({ query, of, lines, children }: QueryViewProps<T>) {
  const { data, isError } = query
  const old = data === undefined ? '' : ' anew: what is shown is older'
  return (
    <>
      {isError && (
        <ErrorNote
          error={query.error}
          title={`Cannot read ${of}${old}`}
          isRetrying={query.isFetching}
          onRetry={() => void query.refetch()}
        />
      )}
      {data !== undefined ? children(data) : !isError && <Loading of={of} lines={lines ?? 3} />}
    </>
  )
}
