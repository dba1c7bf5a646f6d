import type { Located } from '../../../../yaml/located.ts'
import { mismatch, type Placed, type PlaceOf } from '../../../../yaml/place.ts'
import type { Keyword } from '../../../types.ts'
import type { KeywordFindings } from './findings.ts'

/** The keys that lead there are without the job: `artifacts.paths`. */
export type Place = PlaceOf<KeywordFindings>

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

export function isNothing(node: Located): boolean {
  return node.kind === 'scalar' && node.value === null
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
