import type { Location } from '../../../../../core/index.ts'
import { type Entry, type Located, quote } from '../../../../yaml/located.ts'
import { mismatch, within } from '../../../../yaml/place.ts'
import type { Place, Reader } from './reader.ts'

/** `!reference` puts lists into lists; GitLab takes ten levels, the outermost among them. */
export const MAX_NESTING = 10

/** Lists that come from `!reference` are part of the list that they stand in. */
export function list<T>(
  item: Reader<T>,
  { min = 0, max, nested = false }: { min?: number; max: number; nested?: boolean },
): Reader<readonly T[]> {
  const expected = `a list (of ${item.expected})`
  return {
    expected,
    keywords: item.keywords,
    read(node, place) {
      if (node.kind !== 'list') return mismatch(node, place, expected)
      const nodes = nested ? flatten(node, max, place) : node.items
      if (!nodes) return undefined
      if (nodes.length < min || nodes.length > max) {
        const bounds = nodes.length < min ? `at least ${min} of them` : `at most ${max} of them`
        const facts = { expected: bounds, found: `${nodes.length}` }
        return place.findings.error(node.at, 'BAD_VALUE', `Bad length of ${place.trail}`, facts)
      }
      const items = nodes.map((item_, index) => item.read(item_, within(place, index)))
      return items.every(item => item !== undefined) ? items : undefined
    },
  }
}

/**
 * What a list holds once the lists within it are dissolved. Looks at `max` values at most, so that lists that
 * share their parts end it, not the machine.
 */
export function flatten(node: Located, max: number, place: Place): readonly Located[] | undefined {
  const flat: Located[] = []
  let visited = 0
  const visit = (inner: Located, depth: number): boolean => {
    if (inner.kind !== 'list') return flat.push(inner) > 0
    if (depth >= MAX_NESTING) return mismatch(inner, place, `lists at most ${MAX_NESTING} deep`) ?? false
    for (const item of inner.items) {
      if (++visited > max * 2) return mismatch(node, place, `at most ${max} entries`) ?? false
      if (!visit(item, depth + 1)) return false
    }
    return true
  }
  return visit(node, 0) ? flat : undefined
}

/** One of them, or a list. */
export function oneOrMore<T>(item: Reader<T>, max: number, min = 0): Reader<readonly T[]> {
  const many = list(item, { min, max })
  return {
    expected: `${item.expected}, or a list`,
    keywords: item.keywords,
    read(node, place) {
      if (node.kind === 'list') return many.read(node, place)
      const one = item.read(node, place)
      return one === undefined ? undefined : [one]
    },
  }
}

/** Keys that a person chooses, in their order. */
export interface MapRule<T> {
  readonly key: { readonly pattern: RegExp; readonly expected: string }
  readonly value: Reader<T>
  readonly max: number
  /** How the table of docs calls such a key: `NAME`. */
  readonly shown: string
}

export interface NamedEntry<T> {
  readonly name: string
  readonly at: Location
  readonly value: T
}

const MAX_KEY_LENGTH = 255

export function mapOf<T>({ key, value, max, shown }: MapRule<T>): Reader<readonly NamedEntry<T>[]> {
  const expected = 'a map'
  const readEntry = ({ key: name, keyAt, value: node }: Entry, place: Place): NamedEntry<T> | undefined => {
    const read = value.read(node, within(place, name.slice(0, MAX_KEY_LENGTH)))
    if (key.pattern.test(name) && name.length <= MAX_KEY_LENGTH && name !== '__proto__') {
      return read === undefined ? undefined : { name, at: keyAt, value: read }
    }
    const facts = { expected: key.expected, found: quote(name) }
    return place.findings.error(keyAt, 'BAD_VALUE', `Bad name in ${place.trail}`, facts)
  }
  return {
    expected,
    keywords: value.keywords.map(keyword => ({ ...keyword, path: `${shown}.${keyword.path}` })),
    read(node, place) {
      if (node.kind !== 'map') return mismatch(node, place, expected)
      if (node.entries.length > max) {
        const facts = { expected: `at most ${max} entries`, found: `${node.entries.length}` }
        return place.findings.error(node.at, 'BAD_VALUE', `Bad size of ${place.trail}`, facts)
      }
      const entries = node.entries.map(entry => readEntry(entry, place))
      return entries.every(entry => entry !== undefined) ? entries : undefined
    },
  }
}
