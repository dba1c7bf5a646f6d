import { type Json, type Location, nearestName } from '../../core/index.ts'
import { type Entry, type Located, mismatch, quote, within } from '../../pipeline/index.ts'
import type { JsonSchema, Place, Reader } from './reader.ts'

export function list<T>(
  item: Reader<T>,
  { min = 0, max }: { min?: number; max: number },
): Reader<readonly T[]> {
  const bounds = min === max ? `${min}` : min > 0 ? `${min} to ${max}` : `at most ${max}`
  const expected = `a list (of ${item.expected})`
  return {
    schema: { type: 'array', items: item.schema, minItems: min, maxItems: max },
    expected,
    read(node, place) {
      if (node.kind !== 'list') return mismatch(node, place, expected)
      if (node.items.length < min || node.items.length > max) {
        const facts = { expected: `${bounds} entries`, found: `${node.items.length}` }
        return place.findings.error(node.at, 'BAD_VALUE', `Bad length of ${place.trail}`, facts)
      }
      const items = node.items.map((item_, index) => item.read(item_, within(place, index)))
      return items.every(item => item !== undefined) ? items : undefined
    },
  }
}

/** Keys that a person chooses, in their order. */
export interface MapRule<T> {
  readonly key: { readonly pattern: RegExp; readonly expected: string; readonly maxLength: number }
  readonly value: Reader<T>
  readonly max: number
}

export interface NamedEntry<T> {
  readonly name: string
  readonly at: Location
  readonly value: T
}

export function mapOf<T>({ key, value, max }: MapRule<T>): Reader<readonly NamedEntry<T>[]> {
  const expected = 'a map'
  const readEntry = ({ key: name, keyAt, value: node }: Entry, place: Place): NamedEntry<T> | undefined => {
    const read = value.read(node, within(place, name.slice(0, key.maxLength)))
    if (key.pattern.test(name) && name.length <= key.maxLength) {
      return read === undefined ? undefined : { name, at: keyAt, value: read }
    }
    const facts = { expected: key.expected, found: quote(name) }
    return place.findings.error(keyAt, 'BAD_VALUE', `Bad name in ${place.trail}`, facts)
  }
  return {
    schema: {
      type: 'object',
      propertyNames: { pattern: key.pattern.source, maxLength: key.maxLength },
      additionalProperties: value.schema,
      maxProperties: max,
    },
    expected,
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

/** One key of a struct. */
export interface Field<T, Required extends boolean> {
  readonly reader: Reader<T>
  readonly required: Required
  /** For editors, by way of the schema. */
  readonly doc: string
  readonly default?: Json
}

export function required<T>(reader: Reader<T>, doc: string): Field<T, true> {
  return { reader, required: true, doc }
}

export function optional<T>(reader: Reader<T>, doc: string, byDefault?: Json): Field<T, false> {
  return { reader, required: false, doc, ...(byDefault !== undefined && { default: byDefault }) }
}

export type Fields = Readonly<Record<string, Field<unknown, boolean>>>

export type StructOf<F extends Fields> = {
  readonly [Key in keyof F]: F[Key] extends Field<infer T, infer Required>
    ? Required extends true
      ? T
      : T | undefined
    : never
}

/** A key of the design that this release does not have: an error where leaving it out changes what happens. */
export interface Unavailable {
  readonly severity: 'error' | 'warning'
  readonly reason: string
}

export interface StructRule<F extends Fields> {
  /** `a job`, `the model` */
  readonly what: string
  readonly fields: F
  readonly unavailable?: Readonly<Record<string, Unavailable>>
  /** Of these keys, one at most. */
  readonly exclusive?: readonly [keyof F & string, keyof F & string]
}

/** A map with known keys. Undefined when any of them is wrong. */
export function struct<F extends Fields>(rule: StructRule<F>): Reader<StructOf<F>> {
  return {
    schema: structSchema(rule),
    expected: `a map (${Object.keys(rule.fields).join(', ')})`,
    read(node, place) {
      const read = readStruct(rule, node, place)
      return read && read.broken.size === 0 ? (read.values as StructOf<F>) : undefined
    },
  }
}

export interface ReadStruct<F extends Fields> {
  /** Of the keys that are there and right. */
  readonly values: Partial<StructOf<F>>
  /** Keys that are there and wrong, that are missing, or that do not exist. */
  readonly broken: ReadonlySet<string>
}

/** A map with known keys, as far as it can be read. Undefined when it is no map. */
export function readStruct<F extends Fields>(
  rule: StructRule<F>,
  node: Located,
  place: Place,
): ReadStruct<F> | undefined {
  if (node.kind !== 'map') return mismatch(node, place, `a map (${Object.keys(rule.fields).join(', ')})`)
  const broken = new Set<string>()
  const values = new Map<string, unknown>()
  for (const entry of node.entries) {
    if (!Object.hasOwn(rule.fields, entry.key)) {
      if (!tellUnknown(rule, entry, place)) broken.add(entry.key)
      continue
    }
    const value = rule.fields[entry.key]!.reader.read(entry.value, within(place, entry.key))
    if (value === undefined) broken.add(entry.key)
    else values.set(entry.key, value)
  }
  for (const key of missingKeys(rule, node.entries)) {
    broken.add(key)
    const { doc } = rule.fields[key]!
    place.findings.error(node.at, 'MISSING_KEY', `${quote(key)} is missing in ${rule.what}`, { hint: doc })
  }
  const clash = rule.exclusive?.map(key => node.entries.find(entry => entry.key === key)).at(-1)
  if (clash && rule.exclusive?.every(key => node.entries.some(entry => entry.key === key))) {
    broken.add(clash.key)
    const message = `'${rule.exclusive[0]}' and '${rule.exclusive[1]}' mean the same: only one may be there`
    place.findings.error(clash.keyAt, 'DUPLICATE_KEY', message)
  }
  return { values: Object.fromEntries(values) as Partial<StructOf<F>>, broken }
}

function missingKeys<F extends Fields>({ fields }: StructRule<F>, entries: readonly Entry[]): string[] {
  const there = new Set(entries.map(entry => entry.key))
  return Object.keys(fields).filter(key => fields[key]!.required && !there.has(key))
}

/** True when the key may stay, with a warning. */
function tellUnknown<F extends Fields>(rule: StructRule<F>, { key, keyAt }: Entry, place: Place): boolean {
  const { fields, unavailable = {}, what } = rule
  if (Object.hasOwn(unavailable, key)) {
    const { severity, reason } = unavailable[key]!
    const message = `'${key}' is not available in this release`
    if (severity === 'error') place.findings.error(keyAt, 'NOT_AVAILABLE', message, { hint: reason })
    else place.findings.warn(keyAt, 'NOT_AVAILABLE', message, { hint: reason })
    return severity === 'warning'
  }
  const near = nearestName(key.slice(0, 100), Object.keys(fields))
  const hint = near ? `did you mean '${near}'?` : `there are ${Object.keys(fields).join(', ')}`
  place.findings.error(keyAt, 'UNKNOWN_KEY', `There is no key ${quote(key)} in ${what}`, { hint })
  return false
}

function structSchema<F extends Fields>({ fields, unavailable = {}, exclusive }: StructRule<F>): JsonSchema {
  const known = Object.entries(fields).map(([key, field]): [string, JsonSchema] => {
    const { schema } = field.reader
    return [
      key,
      { ...schema, description: field.doc, ...(field.default !== undefined && { default: field.default }) },
    ]
  })
  const later = Object.entries(unavailable)
    .filter(([, { severity }]) => severity === 'warning')
    .map(([key, { reason }]): [string, JsonSchema] => [key, { description: reason, deprecated: true }])
  return {
    type: 'object',
    properties: Object.fromEntries([...known, ...later]),
    required: Object.keys(fields).filter(key => fields[key]!.required),
    additionalProperties: false,
    ...(exclusive && { not: { required: [...exclusive] } }),
  }
}
