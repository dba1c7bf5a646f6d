import { elementCount } from '../../../core/index.ts'
import type { Cursor } from '../bytes/cursor.ts'
import { fail } from '../failures.ts'
import { MAX_RANK } from '../limits.ts'

export interface Dataspace {
  readonly kind: 'scalar' | 'simple' | 'null'
  readonly shape: readonly number[]
  /** How far each dimension may grow: Infinity where without limit. */
  readonly most: readonly number[]
  /** Product of `shape`; 0 for the null space. */
  readonly elements: number
}

/** Reads a dataspace message (IV.A.2.b). Throws FORMAT_LIMIT for more elements than can be counted. */
export function readDataspace(cursor: Cursor): Dataspace {
  const version = cursor.version(1, 2)
  const rank = cursor.u8()
  const flags = cursor.u8()
  const type = version === 2 ? cursor.u8() : rank === 0 ? 0 : 1
  if (version === 1) cursor.skip(5)
  if (rank > MAX_RANK)
    throw fail.limit(cursor.place, `a dataspace has ${rank} dimensions; ${MAX_RANK} is the most`)
  if (type > 2) throw cursor.malformed(`the dataspace type ${type} is not one of 0, 1, 2`)
  const { place } = cursor
  const shape = Array.from({ length: rank }, () => cursor.length())
  const bounded = (flags & 1) !== 0
  const most = bounded
    ? Array.from({ length: rank }, () => cursor.wide(cursor.widths.length) ?? Number.POSITIVE_INFINITY)
    : shape
  const elements = elementCount(shape)
  // Beyond a zero nothing is multiplied that could overflow, and yet may each be beyond a file.
  if (!Number.isSafeInteger(elements))
    throw fail.limit(place, `a dataspace of ${shape.join(' × ')} has more elements than can be counted`)
  if (type === 2) return { kind: 'null', shape: [], most: [], elements: 0 }
  return { kind: rank === 0 ? 'scalar' : 'simple', shape, most, elements }
}
