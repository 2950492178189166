// Tables for the tests: the same bytes at each call.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const things = [
  'lamp',
  'hammer',
  'apple',
  'chair',
  'kettle',
  'novel',
  'jacket',
  'drill',
  'vase',
  'bicycle',
]
const qualities = [
  'red',
  'small',
  'heavy',
  'wooden',
  'old',
  'bright',
  'soft',
  'round',
  'cheap',
  'fine',
]
const uses = ['for the kitchen', 'for the garden', 'to read by', 'with a handle', 'made by hand']
const shops = ['north', 'south', 'east', 'west']

/** Text that would run if it were taken for HTML. */
export const hostileText = '<img src=x onerror="document.title=\'run\'"><b>bold</b>'

function textOf(row) {
  if (row === 3) return hostileText
  if (row % 100 === 7) return '' // Read as NULL.
  const words = [
    qualities[row % 10],
    things[Math.floor(row / 10) % 10],
    uses[row % 5],
    'number',
    row,
  ]
  const text = words.join(' ')
  return row % 50 === 9 ? Array(200).fill(text).join(', ') : text
}

const quoted = (text) => (text === '' ? '' : `"${text.replaceAll('"', '""')}"`)

/** products.csv: product_id, listed_on, shop, price, description. */
export function writeProducts(folder, rows, name = 'products.csv') {
  const lines = ['product_id,listed_on,shop,price,description']
  for (let row = 0; row < rows; row += 1) {
    const day = new Date(Date.UTC(2024, 0, 1 + (row % 300))).toISOString().slice(0, 10)
    lines.push([1000 + row, day, shops[row % 4], (row % 97) + 0.5, quoted(textOf(row))].join(','))
  }
  const path = join(folder, name)
  writeFileSync(path, lines.join('\n') + '\n')
  return path
}

export const textOfRow = textOf

/** Names of columns that an address has to escape, or that look like a file's. */
export const oddNames = ['Q&A', 'a/b, c', '100% ($)', '%26', 'meta.title']

/** odd.csv: id, and a column of each odd name. */
export function writeOddNames(folder) {
  const lines = [['id', ...oddNames].map(quoted).join(',')]
  for (let row = 0; row < 20; row += 1)
    lines.push([row, ...oddNames.map((name) => quoted(`${name} of row ${row}`))].join(','))
  const path = join(folder, 'odd.csv')
  writeFileSync(path, lines.join('\n') + '\n')
  return path
}
