// read_hyparquet.mjs FILE...: the digests (column_digest.mjs) of all columns of Parquet files, read
// by hyparquet, the files one after the other.
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

import { digestOf, printDigests } from './column_digest.mjs'

// Without these, dates and times would lose what a JavaScript Date cannot hold.
const parsers = {
  dateFromDays: days => BigInt(days),
  timestampFromMicroseconds: micros => BigInt(micros),
}

// Takes the decimals' annotation out of the metadata and returns column -> scale: hyparquet makes a
// 64-bit float of what is annotated, and gives the bytes or the integer of what is not.
function takeDecimals(metadata) {
  const scales = new Map()
  for (const element of metadata.schema) {
    if (element.converted_type !== 'DECIMAL') continue
    scales.set(element.name, element.scale ?? 0)
    delete element.converted_type
    delete element.logical_type
  }
  return scales
}

function wholeNumber(value) {
  if (!(value instanceof Uint8Array)) return BigInt(value)
  const hex = Buffer.from(value).toString('hex') // Big-endian, two's complement.
  return BigInt.asIntN(8 * value.length, BigInt(`0x${hex}`))
}

function decimalText(value, scale) {
  const whole = wholeNumber(value)
  const digits = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, '0')
  const sign = whole < 0n ? '-' : ''
  if (scale === 0) return sign + digits
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function add(digest, value, scale) {
  if (value === null || value === undefined) digest.addNull()
  else if (scale !== undefined) digest.addText(decimalText(value, scale))
  else if (Array.isArray(value) || value instanceof Float32Array) digest.addFloats(floatsOf(value))
  else digest.addText(String(value))
}

function floatsOf(values) {
  const floats = Float32Array.from(values)
  // A 32-bit float that went through a 64-bit one is still the same.
  if (values.some((value, i) => !Object.is(value, floats[i]))) throw new Error('not 32-bit floats')
  return floats
}

const digests = new Map()
for (const path of process.argv.slice(2)) {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  const scales = takeDecimals(metadata)
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    const rows = await parquetReadObjects({ file, metadata, compressors, parsers, rowStart, rowEnd })
    for (const row of rows) {
      for (const [name, value] of Object.entries(row)) add(digestOf(digests, name), value, scales.get(name))
    }
    rowStart = rowEnd
  }
}
printDigests(digests)
