// Folders and tables that the server may read, one folder at a time; a DuckDB file opens like one.
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { filesQuery } from '../api/queries'
import type { Dataset, FileList } from '../api/types'
import { bytes } from '../format/format'
import { Icon, type IconName } from '../parts/icon'
import { QueryView } from '../parts/query_view'
import classes from './file_picker.module.css'

export function FilePicker({ onPick }: { onPick: (source: Dataset['source']) => void }) {
  const [place, setPlace] = useState('')
  const files = useQuery(filesQuery(place))
  return (
    <div className={classes.picker} role="group" aria-label="Files of the server">
      <div className={classes.head}>
        <Text size="xs" c="dimmed" className="user-text" ff="monospace">
          {place === '' ? 'Folders that the server may read' : place}
        </Text>
      </div>
      <QueryView query={files} of="the folder">
        {(list) => <Entries list={list} onOpen={setPlace} onPick={onPick} />}
      </QueryView>
    </div>
  )
}

interface EntriesProps {
  list: FileList
  onOpen: (place: string) => void
  onPick: (source: Dataset['source']) => void
}

function Entries({ list, onOpen, onPick }: EntriesProps) {
  const { path, parent, folders, files, tables } = list
  const isEmpty = folders.length + files.length + tables.length === 0
  return (
    <ul className={classes.list}>
      {path !== null && (
        <Entry icon="up" name="One folder up" onClick={() => onOpen(parent ?? '')} />
      )}
      {folders.map((folder) => (
        <Entry
          key={folder.path}
          icon="folder"
          name={folder.name}
          onClick={() => onOpen(folder.path)}
        />
      ))}
      {files.map((file) => (
        <Entry
          key={file.path}
          icon={file.kind === 'database' ? 'store' : 'file'}
          name={file.name}
          note={bytes(file.bytes)}
          onClick={() =>
            file.kind === 'database' ? onOpen(file.path) : onPick({ path: file.path })
          }
        />
      ))}
      {tables.map((table) => (
        <Entry
          key={table}
          icon="datasets"
          name={table}
          note="table"
          onClick={() => onPick({ path: path ?? '', table })}
        />
      ))}
      {isEmpty && <li className={classes.nothing}>No table or folder in here</li>}
      {list.is_cut && <li className={classes.nothing}>There are more: write the path above</li>}
    </ul>
  )
}

interface EntryProps {
  icon: IconName
  name: string
  note?: string
  onClick: () => void
}

function Entry({ icon, name, note, onClick }: EntryProps) {
  return (
    <li>
      <button type="button" onClick={onClick}>
        <Icon name={icon} />
        <span className="user-text">{name}</span>
        {note !== undefined && <span className={classes.note}>{note}</span>}
      </button>
    </li>
  )
}
