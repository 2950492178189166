// A table that scrolls sideways within itself, and can be scrolled with the keyboard.
import { Table } from '@mantine/core'
import type { ReactNode } from 'react'

import classes from './data_table.module.css'

interface DataTableProps {
  caption: string
  head: ReactNode
  children: ReactNode
  minWidth?: number
  /** On a phone each row is a card, whose lines have the names that `data-label` of cells gives. */
  stacks?: boolean
}

export function DataTable({
  caption,
  head,
  children,
  minWidth = 560,
  stacks = false,
}: DataTableProps) {
  return (
    <div
      className={classes.scroll}
      data-stacks={stacks}
      tabIndex={0}
      role="group"
      aria-label={caption}
    >
      <Table className={classes.table} verticalSpacing="xs" miw={minWidth}>
        <caption className="visually-hidden">{caption}</caption>
        <Table.Thead>{head}</Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </div>
  )
}
