import { Link, useLocation } from 'wouter'

import { isActive } from '../api/job_list'
import { useJobs } from '../api/live'
import { counted } from '../format/format'
import { Icon, type IconName } from '../parts/icon'
import classes from './shell.module.css'

const places: { name: string; address: string; icon: IconName; below: RegExp }[] = [
  { name: 'Datasets', address: '/', icon: 'datasets', below: /^\/($|datasets\/|add$)/ },
  { name: 'Search', address: '/search', icon: 'search', below: /^\/search/ },
  { name: 'Jobs', address: '/jobs', icon: 'jobs', below: /^\/jobs/ },
  { name: 'Models', address: '/models', icon: 'models', below: /^\/models/ },
]

export function Navigation() {
  const [location] = useLocation()
  const active = useJobs().filter(isActive).length
  return (
    <nav aria-label="Pages">
      <ul className={classes.links}>
        {places.map(({ name, address, icon, below }) => (
          <li key={address}>
            <Link
              href={address}
              className={classes.link}
              aria-current={below.test(location) ? 'page' : undefined}
            >
              <Icon name={icon} />
              {name}
              {name === 'Jobs' && active > 0 && (
                <span className={classes.busy} title={`${counted(active, 'job')} not finished`}>
                  {active}
                  <span className="visually-hidden"> not finished</span>
                </span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
