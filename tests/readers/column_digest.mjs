// The digest of a column: SHA-256 over its values in order, so that readers can be compared to the
// bit. tests/support/duck_digest.cc makes the same of what DuckDB reads.
//
// A value is NULL: "N;"; a list of floats: its length, "f:", its bytes (little-endian), ";"; else
// the number of bytes of its text, ":", the text, ";". Texts: true and false; whole numbers; days
// since 1970 of a date; microseconds since 1970 of a timestamp; a decimal with all digits of its
// scale.
import { createHash } from 'node:crypto'

export class ColumnDigest {
  constructor(name) {
    this.name = name
    this.rows = 0
    this.hash = createHash('sha256')
  }

  addNull() {
    this.rows += 1
    this.hash.update('N;')
  }

  addText(text) {
    this.rows += 1
    const bytes = Buffer.from(text, 'utf8')
    this.hash.update(`${bytes.length}:`).update(bytes).update(';')
  }

  // `floats` is a Float32Array.
  addFloats(floats) {
    this.rows += 1
    const bytes = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength)
    this.hash.update(`${floats.length}f:`).update(bytes).update(';')
  }
}

// Prints a JSON line for each digest of a map.
export function printDigests(digests) {
  for (const digest of digests.values()) {
    const { name, rows } = digest
    console.log(JSON.stringify({ column: name, rows, sha256: digest.hash.digest('hex') }))
  }
}

export function digestOf(digests, name) {
  if (!digests.has(name)) digests.set(name, new ColumnDigest(name))
  return digests.get(name)
}
