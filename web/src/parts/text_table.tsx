// Rows of a table of the user's, as text; NULL is told from the word.
import { Table } from '@mantine/core'

import { DataTable } from './data_table'
import classes from './text_table.module.css'

interface TextTableProps {
  caption: string
  columns: { name: string; type?: string }[]
  rows: (string | null)[][]
}

export function TextTable({ caption, columns, rows }: TextTableProps) {
  return (
    <DataTable
      caption={caption}
      minWidth={Math.min(1400, columns.length * 140)}
      head={
        <Table.Tr>
          {columns.map((column) => (
            <Table.Th key={column.name} scope="col">
              <span className="user-word">{column.name}</span>
              {column.type !== undefined && <span className={classes.type}>{column.type}</span>}
            </Table.Th>
          ))}
        </Table.Tr>
      }
    >
      {rows.map((row, index) => (
        <Table.Tr key={index}>
          {row.map((value, cell) => (
            <Table.Td key={cell} className={classes.cell}>
              <CellText value={value} />
            </Table.Td>
          ))}
        </Table.Tr>
      ))}
    </DataTable>
  )
}

const shortMax = 24 // Letters of a text that is not broken into lines.

interface CellTextProps {
  value: string | null
  isWide?: boolean
}

export function CellText({ value, isWide = false }: CellTextProps) {
  if (value === null) return <span className={classes.absent}>NULL</span>
  if (value === '') return <span className={classes.absent}>empty text</span>
  return (
    <span
      className={`user-word ${classes.text}`}
      data-short={value.length <= shortMax}
      data-wide={isWide}
      title={value.length > 160 ? value : undefined}
    >
      {value}
    </span>
  )
}
