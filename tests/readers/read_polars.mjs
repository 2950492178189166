// read_polars.mjs FILE...: the digests (column_digest.mjs) of all columns of Parquet files, read by
// nodejs-polars, the files one after the other.
import pl from 'nodejs-polars'

import { digestOf, printDigests } from './column_digest.mjs'

// What the values of a column are turned into inside polars, so that JavaScript gets all digits.
function asText(name, type) {
  const column = pl.col(name)
  if (type === 'DataType(Date)') return column.cast(pl.Int32).cast(pl.String)
  if (type.startsWith('DataType(Datetime(us')) return column.cast(pl.Int64).cast(pl.String)
  return column.cast(pl.String)
}

function addTexts(digest, frame, name, type) {
  for (const text of frame.select(asText(name, type)).getColumn(name).toArray()) {
    if (text === null) digest.addNull()
    else digest.addText(text)
  }
}

function addFloats(digest, frame, name) {
  const lengths = frame.select(pl.col(name).lst.lengths()).getColumn(name).toArray()
  const nulls = frame.select(pl.col(name).isNull()).getColumn(name).toArray()
  const values = frame.select(pl.col(name)).explode(name).getColumn(name).toTypedArray()
  let at = 0
  for (let row = 0; row < nulls.length; row += 1) {
    if (nulls[row]) {
      digest.addNull()
      at += 1 // explode() gives a NULL and an empty list a row each.
      continue
    }
    digest.addFloats(values.subarray(at, at + lengths[row]))
    at += Math.max(lengths[row], 1)
  }
}

const digests = new Map()
for (const file of process.argv.slice(2)) {
  const frame = pl.readParquet(file)
  for (const [name, kind] of Object.entries(frame.schema)) {
    const type = String(kind)
    const digest = digestOf(digests, name)
    if (type === 'DataType(List(DataType(Float32)))') addFloats(digest, frame, name)
    else if (type.includes('List')) throw new Error(`${file}: ${name}: unexpected type ${type}`)
    else addTexts(digest, frame, name, type)
  }
}
printDigests(digests)
