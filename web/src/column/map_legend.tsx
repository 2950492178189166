import { count } from '../format/format'
import type { ColorGroups } from './color_groups'
import { colorOf } from './map_colors'
import classes from './vector_map.module.css'

export function MapLegend({ name, groups }: { name: string; groups: ColorGroups }) {
  return (
    <div className={classes.legend}>
      <span className="user-text">{name}</span>
      <ul aria-label={`Colours by ${name}`}>
        {groups.groups.map((group, index) => (
          <li key={group.name}>
            <span
              className={classes.mark}
              style={{ background: `var(${colorOf(groups, index)})` }}
              aria-hidden="true"
            />
            <span className="user-text">{group.name}</span> <small>{count(group.count)}</small>
          </li>
        ))}
      </ul>
    </div>
  )
}
