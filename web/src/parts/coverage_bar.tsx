// How many of the rows that are to have a vector have it.
import { count, share } from '../format/format'
import classes from './coverage_bar.module.css'

interface Coverage {
  rows_with_text: number
  embedded: number
  missing: number
  changed: number
}

export function CoverageBar({ coverage, of }: { coverage: Coverage; of: string }) {
  const { rows_with_text: total, embedded, changed, missing } = coverage
  if (total === 0) return <span className={classes.none}>no rows with a text</span>
  const part = embedded / total
  const words = `${count(embedded)} of ${count(total)} rows have their vector`
  const rest = changed > 0 ? `, ${count(changed)} with a changed text` : ''
  return (
    <div className={classes.whole} title={words + rest}>
      <div
        className={classes.track}
        role="meter"
        aria-label={`Coverage of ${of}`}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={embedded}
        aria-valuetext={words + rest}
      >
        <div className={classes.embedded} style={{ width: `${part * 100}%` }} />
        <div className={classes.changed} style={{ width: `${(changed / total) * 100}%` }} />
      </div>
      <span className={classes.words}>
        {share(part)}
        {missing > 0 && <span className={classes.missing}> · {count(missing)} missing</span>}
      </span>
    </div>
  )
}
