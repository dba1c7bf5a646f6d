import { type Entry, type Located, quote } from '../../../../yaml/located.ts'
import { mismatch, within } from '../../../../yaml/place.ts'
import type { Keyword } from '../../../types.ts'
import { isNothing, type Place, type Reader } from './reader.ts'

/** So many names fit into one line. */
const MAX_LISTED = 15

/** One key of a struct. */
export interface Field<T, Required extends boolean> {
  readonly reader: Reader<T>
  readonly required: Required
  /** How it differs from GitLab, for the table of docs. */
  readonly note?: string
  /** Told as a warning where the key stands: what is written has no effect here. */
  readonly warning?: string
}

type Remarks = Pick<Field<unknown, boolean>, 'note' | 'warning'>

export function required<T>(reader: Reader<T>, remarks: Remarks = {}): Field<T, true> {
  return { reader, required: true, ...remarks }
}

export function optional<T>(reader: Reader<T>, remarks: Remarks = {}): Field<T, false> {
  return { reader, required: false, ...remarks }
}

export type Fields = Readonly<Record<string, Field<unknown, boolean>>>

export type StructOf<F extends Fields> = {
  readonly [Key in keyof F]: F[Key] extends Field<infer T, infer Required>
    ? Required extends true
      ? T
      : T | undefined
    : never
}

export interface StructRule<F extends Fields> {
  /** `a job`, `artifacts` */
  readonly what: string
  readonly fields: F
  /** Keys that GitLab has and Ballast has not, each with the reason. */
  readonly unavailable?: Readonly<Record<string, string>>
  /** Of these keys, one at most. */
  readonly exclusive?: readonly (readonly [keyof F & string, keyof F & string])[]
}

/** A map with known keys. Undefined when any of them is wrong. */
export function struct<F extends Fields>(rule: StructRule<F>): Reader<StructOf<F>> {
  return {
    expected: `a map (${Object.keys(rule.fields).join(', ')})`,
    keywords: keywordsOf(rule),
    read(node, place) {
      const read = readStruct(rule, node, place)
      return read && !read.broken ? (read.values as StructOf<F>) : undefined
    },
  }
}

export interface ReadStruct<F extends Fields> {
  /** Of the keys that are there and right. */
  readonly values: Partial<StructOf<F>>
  readonly broken: boolean
}

/** What was read before, by its key: jobs share the values of what they extend. */
export type KnownValues = Map<string, Map<Located, unknown>>

/** What is wrong with a shared value is told once: its place is the same. */
function readOnce(
  { reader }: Field<unknown, boolean>,
  { key, value: node }: Entry,
  place: Place,
  known: KnownValues,
): unknown {
  const values = known.get(key) ?? new Map<Located, unknown>()
  known.set(key, values)
  if (!values.has(node)) values.set(node, reader.read(node, place))
  return values.get(node)
}

/** A map with known keys, as far as it can be read. A key without a value counts as not written. */
export function readStruct<F extends Fields>(
  rule: StructRule<F>,
  node: Located,
  place: Place,
  known?: KnownValues,
): ReadStruct<F> | undefined {
  const expected = `a map (${Object.keys(rule.fields).join(', ')})`
  if (node.kind !== 'map') return mismatch(node, place, expected)
  const before = place.findings.errors
  const values = new Map<string, unknown>()
  const lacking = new Set<string>()
  for (const entry of node.entries) {
    if (!Object.hasOwn(rule.fields, entry.key)) {
      const reason = tellUnknown(rule, entry, place, lacking)
      if (reason !== undefined) lacking.add(reason)
      continue
    }
    if (isNothing(entry.value)) continue
    const field = rule.fields[entry.key]!
    if (field.warning) place.findings.warn(entry.keyAt, 'DIFFERS', field.warning)
    const inside = within(place, entry.key)
    const value = known ? readOnce(field, entry, inside, known) : field.reader.read(entry.value, inside)
    if (value !== undefined) values.set(entry.key, value)
  }
  if (lacking.size === 0) tellMissing(rule, node, place)
  tellClashes(rule, node.entries, place)
  return {
    values: Object.fromEntries(values) as Partial<StructOf<F>>,
    broken: place.findings.errors > before,
  }
}

/** Gives the reason why a key of GitLab is not supported. One reason for several keys is told at the first. */
function tellUnknown<F extends Fields>(
  rule: StructRule<F>,
  { key, keyAt }: Entry,
  place: Place,
  told: ReadonlySet<string>,
): string | undefined {
  const { fields, unavailable = {}, what } = rule
  if (Object.hasOwn(unavailable, key)) {
    const hint = unavailable[key]!
    const message = `'${within(place, key).trail}' is not supported`
    if (!told.has(hint)) place.findings.error(keyAt, 'NOT_AVAILABLE', message, { hint })
    return hint
  }
  const names = Object.keys(fields)
  const list = names.length <= MAX_LISTED ? { hint: `there are ${names.join(', ')}` } : {}
  const facts = { ...list, ...place.findings.nearest(key, names) }
  return place.findings.error(keyAt, 'UNKNOWN_KEY', `There is no key ${quote(key)} in ${what}`, facts)
}

function tellMissing<F extends Fields>({ fields, what }: StructRule<F>, node: Located, place: Place): void {
  if (node.kind !== 'map') return
  const there = new Set(node.entries.filter(({ value }) => !isNothing(value)).map(({ key }) => key))
  for (const [key, { required, reader }] of Object.entries(fields)) {
    if (!required || there.has(key)) continue
    const facts = { expected: reader.expected }
    place.findings.error(node.at, 'MISSING_KEY', `${quote(key)} is missing in ${what}`, facts)
  }
}

function tellClashes<F extends Fields>(
  { exclusive = [], what }: StructRule<F>,
  entries: readonly Entry[],
  place: Place,
): void {
  for (const [one, other] of exclusive) {
    const [first, second] = entries.filter(entry => entry.key === one || entry.key === other)
    if (!first || !second) continue
    const message = `'${one}' and '${other}' can't be in ${what} together`
    place.findings.error(second.keyAt, 'KEY_CLASH', message)
  }
}

function keywordsOf<F extends Fields>({ fields, unavailable = {} }: StructRule<F>): Keyword[] {
  return [
    ...Object.entries(fields).flatMap(([path, { reader, note, warning }]): Keyword[] => [
      { path, supported: true, ...((note ?? warning) !== undefined && { note: (note ?? warning)! }) },
      ...reader.keywords.map(keyword => ({ ...keyword, path: `${path}.${keyword.path}` })),
    ]),
    ...Object.entries(unavailable).map(([path, note]): Keyword => ({ path, supported: false, note })),
  ]
}
