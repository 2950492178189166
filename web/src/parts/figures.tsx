// A list of figures with their names.
import type { ReactNode } from 'react'

import classes from './figures.module.css'

export interface Figure {
  name: string
  value: ReactNode
  hint?: ReactNode
}

export function Figures({ figures }: { figures: Figure[] }) {
  return (
    <dl className={classes.list}>
      {figures.map(({ name, value, hint }) => (
        <div key={name} className={classes.figure}>
          <dt>{name}</dt>
          <dd>
            <span className={classes.value}>{value}</span>
            {hint !== undefined && <span className={classes.hint}>{hint}</span>}
          </dd>
        </div>
      ))}
    </dl>
  )
}
