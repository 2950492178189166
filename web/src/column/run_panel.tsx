// The issues that the last run found, with rows; nothing where it did not come to its end.
import { firstColumnDone } from '../api/run_sums'
import type { DatasetRun } from '../api/types'
import { IssueList } from '../parts/issue_list'
import { Panel } from '../parts/panel'
import { When } from '../parts/when'

export function RunPanel({ run }: { run: DatasetRun }) {
  const column = firstColumnDone(run)
  if (column === undefined) return null
  return (
    <Panel
      title="Issues"
      hint={
        <>
          Found by the last run, <When ms={run.started_ms} />
        </>
      }
    >
      <IssueList issues={column.issues} examples={column.examples} />
    </Panel>
  )
}
