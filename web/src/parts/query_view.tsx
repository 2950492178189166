// Shows what a query has come to: loading, an error, or what `children` makes of its data.
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
  if (query.data !== undefined) return children(query.data)
  if (query.isError) {
    return (
      <ErrorNote
        error={query.error}
        title={`Cannot read ${of}`}
        onRetry={() => void query.refetch()}
      />
    )
  }
  return <Loading of={of} lines={lines ?? 3} />
}
