// The page's own small pictures, drawn in a square of 24. They only go beside words, or inside a
// button that has a name.
const shapes = {
  datasets: 'M4 5h16v4H4z M4 10.500h16v4H4z M4 16h16v4H4z',
  search: 'M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14z M16 16l4.500 4.500',
  jobs: 'M9 6h11 M9 12h11 M9 18h11 M4 6h1 M4 12h1 M4 18h1',
  models: 'M12 3l8 4.500v9L12 21l-8-4.500v-9z M4 7.500l8 4.500l8-4.500 M12 12v9',
  store: 'M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0z M4 6c0 4 16 4 16 0 M4 12c0 4 16 4 16 0',
  refresh: 'M20 11a8 8 0 0 0-14.500-4L3 10 M3 4v6h6 M4 13a8 8 0 0 0 14.500 4l2.500-3 M21 20v-6h-6',
  settings: 'M4 7h9 M18 7h2 M4 17h2 M11 17h9 M15.500 4.500v5 M8.500 14.500v5',
  add: 'M12 5v14 M5 12h14',
  close: 'M6 6l12 12 M18 6L6 18',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  alert: 'M12 4L2.500 20h19z M12 10v4.500 M12 17v.5',
  sun: 'M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8z M12 2v2 M12 20v2 M2 12h2 M20 12h2 M5 5l1.400 1.400 M17.600 17.600L19 19 M5 19l1.400-1.400 M17.600 6.400L19 5',
  moon: 'M20 14.500A8.500 8.500 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500z',
  file: 'M6 3h8l4 4v14H6z M14 3v4h4',
  folder: 'M3 6h6l2 2.500h10V19H3z',
  up: 'M12 20V5 M6 11l6-6l6 6',
  down: 'M12 4v15 M6 13l6 6l6-6',
  copy: 'M9 9h11v11H9z M5 15H4V4h11v1',
  more: 'M5 12h.500 M11.750 12h.500 M18.500 12h.500',
  next: 'M9 5l7 7l-7 7',
  trash: 'M4 7h16 M9 7V4h6v3 M6 7l1 13h10l1-13',
  edit: 'M4 20l1-4L16 5l3 3L8 19z',
  eye: 'M2 12c5-8 15-8 20 0c-5 8-15 8-20 0z M12 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6z',
  list: 'M4 6h16 M4 12h16 M4 18h10',
} as const

export type IconName = keyof typeof shapes

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'more' ? 3 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={shapes[name]} />
    </svg>
  )
}
