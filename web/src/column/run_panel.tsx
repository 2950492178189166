// The issues that the last run found, with rows.
import type { DatasetRun } from '../api/types'
import { IssueList } from '../parts/issue_list'
import { Panel } from '../parts/panel'
import { When } from '../parts/when'

export function RunPanel({ run }: { run: DatasetRun }) {
  const column = run.columns[0]
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
