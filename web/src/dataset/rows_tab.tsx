// The first rows of the source.
import { useQuery } from '@tanstack/react-query'

import { previewQuery } from '../api/queries'
import { Empty } from '../parts/notes'
import { QueryView } from '../parts/query_view'
import { TextTable } from '../parts/text_table'

const rowsShown = 20

export function RowsTab({ dataset }: { dataset: string }) {
  const preview = useQuery(previewQuery(dataset, rowsShown))
  return (
    <QueryView query={preview} of="the first rows" lines={8}>
      {({ columns, rows }) =>
        rows.length === 0 ? (
          <Empty icon="list" title="The source has no rows" />
        ) : (
          <TextTable caption={`First rows of ${dataset}`} columns={columns} rows={rows} />
        )
      }
    </QueryView>
  )
}
