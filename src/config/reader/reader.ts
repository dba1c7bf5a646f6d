import type { Json, Location } from '../../core/index.ts'
import { type Located, showFound } from '../../pipeline/index.ts'
import type { Findings } from '../findings.ts'

export type JsonSchema = { readonly [key: string]: Json }

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

/** Where a reader stands: what it tells, and the keys that lead there (`jobs.unit.timeout`). */
export interface Place {
  readonly findings: Findings
  readonly trail: string
}

export function within(place: Place, key: string | number): Place {
  const step = typeof key === 'number' ? `[${key + 1}]` : place.trail === '' ? key : `.${key}`
  return { findings: place.findings, trail: `${place.trail}${step}` }
}

/** Says that a value is not what its place takes. */
export function mismatch(node: Located, place: Place, expected: string, hint?: string): undefined {
  return place.findings.error(node.at, 'BAD_VALUE', `Bad value of ${place.trail || 'the file'}`, {
    expected,
    found: showFound(node),
    ...(hint !== undefined && { hint }),
  })
}

/** A value with its place, for checks that compare it with another. */
export interface Placed<T> {
  readonly value: T
  readonly at: Location
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
