import type { Json } from '../../core/index.ts'
import { type Located, mismatch, type Placed, type PlaceOf } from '../../pipeline/index.ts'
import type { Findings } from '../findings.ts'

export type JsonSchema = { readonly [key: string]: Json }

export type Place = PlaceOf<Findings>

/**
 * Reads a located value into a typed one, or says what is wrong with it and gives undefined. Each carries the
 * JSON Schema of what it takes, so that the two can't drift apart.
 */
export interface Reader<T> {
  readonly schema: JsonSchema
  /** For messages: `a duration such as 10m`. */
  readonly expected: string
  read(node: Located, place: Place): T | undefined
}

export function placed<T>(reader: Reader<T>): Reader<Placed<T>> {
  return {
    schema: reader.schema,
    expected: reader.expected,
    read(node, place) {
      const value = reader.read(node, place)
      return value === undefined ? undefined : { value, at: node.at }
    },
  }
}

/** Goes on with what `reader` read; `next` may find more that is wrong, and then gives undefined. */
export function refine<T, U>(
  reader: Reader<T>,
  next: (value: T, node: Located, place: Place) => U | undefined,
): Reader<U> {
  return {
    schema: reader.schema,
    expected: reader.expected,
    read(node, place) {
      const value = reader.read(node, place)
      return value === undefined ? undefined : next(value, node, place)
    },
  }
}

/** A short form, a list or a map of the same thing: which one is seen from the value. */
export function byKind<Scalar = never, List = never, Map = never>(readers: {
  readonly scalar?: Reader<Scalar>
  readonly list?: Reader<List>
  readonly map?: Reader<Map>
}): Reader<Scalar | List | Map> {
  const given = [readers.scalar, readers.list, readers.map].filter(reader => reader !== undefined)
  const expected = given.map(reader => reader.expected).join(', or ')
  return {
    schema: { anyOf: given.map(reader => reader.schema) },
    expected,
    read(node, place) {
      const reader = node.kind === 'reference' ? undefined : readers[node.kind]
      return reader ? reader.read(node, place) : mismatch(node, place, expected)
    },
  }
}
