// The flags of columns, in the words of dataset.json and of the page.
import type { Flag } from './proposal'

export const flags: { flag: Flag; name: string; hint: string }[] = [
  {
    flag: 'is_primary_key',
    name: 'Primary key',
    hint: 'is_primary_key: these columns tell rows apart',
  },
  { flag: 'is_target', name: 'Target', hint: 'is_target: what a model is to predict' },
  { flag: 'is_date_column', name: 'Date', hint: 'is_date_column: when the row was' },
]
