// A moment, told by how long ago it is; the date on hovering.
import { ago, moment } from '../format/format'
import { useNow } from '../format/use_now'

export function When({ ms }: { ms: number }) {
  const now = useNow()
  return (
    <time dateTime={new Date(ms).toISOString()} title={moment(ms)} style={{ whiteSpace: 'nowrap' }}>
      {ago(ms, now)}
    </time>
  )
}
