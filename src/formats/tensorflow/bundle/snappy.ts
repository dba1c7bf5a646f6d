/** A copy of two bytes may give eleven, one of three 64: no data grows by more. */
const MAX_EXPANSION = 22

/**
 * Raw snappy (https://github.com/google/snappy/blob/main/format_description.txt). Throws what `fault` makes of a
 * reason, for data that is not, and for more than `most` bytes.
 */
export function unsnappy(bytes: Uint8Array, most: number, fault: (why: string) => Error): Uint8Array {
  const { length, start } = statedLength(bytes, fault)
  if (length > most || length > bytes.length * MAX_EXPANSION)
    throw fault(`${bytes.length} compressed bytes claim to hold ${length}`)
  const out = new Uint8Array(length)
  let [at, filled] = [start, 0]
  while (at < bytes.length) {
    const tag = bytes[at++]!
    const literal = (tag & 3) === 0
    const { count, distance, next } = literal ? literalOf(bytes, at, tag) : copyOf(bytes, at, tag)
    if (filled + count > length) throw fault('the data is longer than it says')
    if (literal) {
      if (next + count > bytes.length) throw fault('a literal is cut off')
      out.set(bytes.subarray(next, next + count), filled)
      at = next + count
    } else {
      if (next > bytes.length || distance === 0 || distance > filled)
        throw fault(`a copy goes ${distance} bytes back from ${filled}`)
      if (distance >= count) out.copyWithin(filled, filled - distance, filled - distance + count)
      else for (let i = 0; i < count; i++) out[filled + i] = out[filled + i - distance]!
      at = next
    }
    filled += count
  }
  if (filled !== length) throw fault(`the data has ${filled} bytes and says ${length}`)
  return out
}

function statedLength(bytes: Uint8Array, fault: (why: string) => Error): { length: number; start: number } {
  let length = 0
  for (let i = 0; i < 5 && i < bytes.length; i++) {
    length += (bytes[i]! & 0x7f) * 2 ** (7 * i)
    if (bytes[i]! < 0x80) return { length, start: i + 1 }
  }
  throw fault('its length is cut off')
}

interface Element {
  readonly count: number
  readonly distance: number
  readonly next: number
}

function literalOf(bytes: Uint8Array, at: number, tag: number): Element {
  const short = tag >>> 2
  if (short < 60) return { count: short + 1, distance: 0, next: at }
  const extra = short - 59
  return { count: little(bytes, at, extra) + 1, distance: 0, next: at + extra }
}

function copyOf(bytes: Uint8Array, at: number, tag: number): Element {
  if ((tag & 3) === 1)
    return { count: ((tag >>> 2) & 7) + 4, distance: ((tag >>> 5) << 8) | (bytes[at] ?? 0), next: at + 1 }
  const width = (tag & 3) === 2 ? 2 : 4
  return { count: (tag >>> 2) + 1, distance: little(bytes, at, width), next: at + width }
}

function little(bytes: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let i = 0; i < width; i++) value += (bytes[at + i] ?? 0) * 2 ** (8 * i)
  return value
}
