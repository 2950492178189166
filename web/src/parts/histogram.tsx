// Bars of a histogram, as a table that can be read without seeing it.
import { count, share } from '../format/format'
import classes from './histogram.module.css'

interface HistogramProps {
  caption: string
  bucketName: string
  countName: string
  bars: { bucket: string; count: number }[]
}

export function Histogram({ caption, bucketName, countName, bars }: HistogramProps) {
  const largest = Math.max(1, ...bars.map((bar) => bar.count))
  const total = Math.max(
    1,
    bars.reduce((sum, bar) => sum + bar.count, 0),
  )
  return (
    <table className={classes.table}>
      <caption className="visually-hidden">{caption}</caption>
      <thead className={classes.head}>
        <tr>
          <th scope="col">{bucketName}</th>
          <th scope="col" aria-hidden="true" />
          <th scope="col">{countName}</th>
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.bucket}>
            <th scope="row">{bar.bucket}</th>
            <td className={classes.bar} aria-hidden="true">
              <div style={{ width: `${(bar.count / largest) * 100}%` }} />
            </td>
            <td className={classes.count}>
              {count(bar.count)} <span>{share(bar.count / total)}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
