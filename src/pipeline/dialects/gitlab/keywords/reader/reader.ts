import type { Location } from '../../../../../core/index.ts'
import { type Located, showFound } from '../../../../yaml/located.ts'
import type { Keyword } from '../../../types.ts'
import type { KeywordFindings } from './findings.ts'

/**
 * Reads a located value into a typed one, or says what is wrong with it and gives undefined. Each tells the
 * keywords that it knows, so that the table of docs can't drift from what is read.
 */
export interface Reader<T> {
  /** For messages: `a duration such as 30 minutes`. */
  readonly expected: string
  /** What lies below, by paths from here. */
  readonly keywords: readonly Keyword[]
  read(node: Located, place: Place): T | undefined
}

/** Where a reader stands: what it tells, and the keys that lead there (`artifacts.paths`), without the job. */
export interface Place {
  readonly findings: KeywordFindings
  readonly trail: string
}

export function within(place: Place, key: string | number): Place {
  const step = typeof key === 'number' ? `[${key + 1}]` : place.trail === '' ? key : `.${key}`
  return { findings: place.findings, trail: `${place.trail}${step}` }
}

/** Says that a value is not what its place takes. */
export function mismatch(node: Located, place: Place, expected: string, hint?: string): undefined {
  return place.findings.error(node.at, 'BAD_VALUE', `Bad value of ${place.trail}`, {
    expected,
    found: showFound(node),
    ...(hint !== undefined && { hint }),
  })
}

export function isNothing(node: Located): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** A value with its place, for checks that compare it with another. */
export interface Placed<T> {
  readonly value: T
  readonly at: Location
}

export function placed<T>(reader: Reader<T>): Reader<Placed<T>> {
  return {
    ...reader,
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
    expected: reader.expected,
    keywords: reader.keywords,
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
  const expected = [...new Set(given.map(reader => reader.expected))].join(', or ')
  const keywords = given.flatMap(reader => reader.keywords)
  return {
    expected,
    keywords: keywords.filter(
      ({ path }, index) => keywords.findIndex(other => other.path === path) === index,
    ),
    read(node, place) {
      const reader = node.kind === 'reference' ? undefined : readers[node.kind]
      return reader ? reader.read(node, place) : mismatch(node, place, expected)
    },
  }
}
