// Rows with issues: how many of each kind, and a few of them by their keys.
import { Table, Text } from '@mantine/core'

import type { RowExample } from '../api/types'
import { counted } from '../format/format'
import classes from './issue_list.module.css'

const meanings: Record<string, string> = {
  null: 'the text is NULL',
  empty: 'the text is empty',
  truncated: 'the text has more tokens than the model takes',
  repaired: 'the text was not valid UTF-8',
  bad_vector: 'the model gave no finite vector',
}

interface IssueListProps {
  issues: Record<string, number>
  examples: RowExample[]
}

export function IssueList({ issues, examples }: IssueListProps) {
  const kinds = Object.entries(issues)
  if (kinds.length === 0) {
    return (
      <Text size="sm" c="dimmed" mt="sm">
        No issues: every row with a text has its vector.
      </Text>
    )
  }
  return (
    <div className={classes.kinds}>
      {kinds.map(([kind, rows]) => (
        <details key={kind} className={classes.kind}>
          <summary>
            <strong>{kind}</strong> {counted(rows, 'row')}
            <span className={classes.meaning}>{meanings[kind]}</span>
          </summary>
          <Examples kind={kind} rows={rows} examples={examples} />
        </details>
      ))}
    </div>
  )
}

interface ExamplesProps {
  kind: string
  rows: number
  examples: RowExample[]
}

function Examples({ kind, rows, examples }: ExamplesProps) {
  const shown = examples.filter((example) => example.kind === kind)
  return (
    <Table verticalSpacing={4} fz="sm">
      <caption className="visually-hidden">Rows with the issue {kind}</caption>
      <Table.Tbody>
        {shown.map((example) => (
          <Table.Tr key={example.key}>
            <Table.Th scope="row" fw={400} ff="monospace" fz="xs" className="user-text">
              {example.key}
            </Table.Th>
            <Table.Td c="dimmed" className="user-text">
              {example.detail}
            </Table.Td>
          </Table.Tr>
        ))}
        {shown.length < rows && (
          <Table.Tr>
            <Table.Td colSpan={2} c="dimmed">
              and {counted(rows - shown.length, 'more row')}
            </Table.Td>
          </Table.Tr>
        )}
      </Table.Tbody>
    </Table>
  )
}
