import { ServerError } from '../errors.ts'

export interface ByteRange {
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/**
 * The one range of a `Range: bytes=…` header within `size` bytes (RFC 9110, 14.2); undefined for the whole, and for
 * what a server may ignore: another unit, several ranges, what can't be read. Throws RANGE_UNSATISFIABLE.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') return satisfiable({ start: Math.max(0, size - Number(last)), end: size }, size)
  if (last !== '' && Number(last) < Number(first)) return undefined
  const end = last === '' ? size : Math.min(size, Number(last) + 1)
  return satisfiable({ start: Number(first), end }, size)
}

function satisfiable(range: ByteRange, size: number): ByteRange {
  if (range.start < range.end) return range
  throw new ServerError('RANGE_UNSATISFIABLE', {
    message: `The file has ${size} bytes; none is where the range begins`,
    hint: 'Ask for a part within it, or for the whole.',
    details: { size },
  })
}
