// Where the time of a run went, as parts of a bar with their names beside them.
import { duration } from '../format/format'
import classes from './stage_bar.module.css'

export function StageBar({ seconds }: { seconds: Record<string, number> }) {
  const stages = Object.entries(seconds).filter(([, value]) => value > 0)
  const total = stages.reduce((sum, [, value]) => sum + value, 0)
  if (total === 0) return null
  return (
    <div>
      <div className={classes.bar} aria-hidden="true">
        {stages.map(([stage, value], index) => (
          <div key={stage} data-hue={index % 8} style={{ flexGrow: value / total }} />
        ))}
      </div>
      <ul className={classes.names}>
        {stages.map(([stage, value], index) => (
          <li key={stage}>
            <span className={classes.mark} data-hue={index % 8} aria-hidden="true" />
            {stage} <strong>{duration(value)}</strong>
          </li>
        ))}
      </ul>
    </div>
  )
}
