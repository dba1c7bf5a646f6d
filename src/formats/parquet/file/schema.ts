import type { Place } from '../../errors.ts'
import { fail, MAX_COLUMNS, MAX_SCHEMA_DEPTH } from '../limits.ts'
import { numberAt, structAt, type ThriftStruct, textAt } from '../thrift.ts'

/** Physical types, by their numbers. */
export const PHYSICAL = ['boolean', 'int32', 'int64', 'int96', 'float', 'double', 'bytes', 'fixed'] as const
export type Physical = (typeof PHYSICAL)[number]

/** A column: a leaf of the schema's tree. */
export interface Leaf {
  readonly path: readonly string[]
  readonly physical: Physical
  /** Of `fixed`: bytes of each value. */
  readonly length: number
  /** What the values stand for, where that is said: `utf8`, `decimal`, `timestamp-us`, `uint8` … */
  readonly logical: string | undefined
  /** How many of its ancestors and itself may be missing: a value is there at this level. */
  readonly maxDefinition: number
  /** How many of them repeat. */
  readonly maxRepetition: number
}

/** ConvertedType, which LogicalType came to replace. */
const CONVERTED: readonly (string | undefined)[] = [
  'utf8',
  'map',
  'map',
  'list',
  'enum',
  'decimal',
  'date',
  'time-ms',
  'time-us',
  'timestamp-ms',
  'timestamp-us',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'int8',
  'int16',
  'int32',
  'int64',
  'json',
  'bson',
  'interval',
]
const LOGICAL: ReadonlyMap<number, string> = new Map([
  [1, 'utf8'],
  [4, 'enum'],
  [5, 'decimal'],
  [6, 'date'],
  [12, 'json'],
  [13, 'bson'],
  [14, 'uuid'],
  [15, 'float16'],
])
const UNITS = [undefined, 'ms', 'us', 'ns'] as const

interface Level {
  left: number
  readonly path: readonly string[]
  readonly definition: number
  readonly repetition: number
}

/** The leaves of a schema, which is a tree written in depth-first order. Throws FORMAT_MALFORMED or FORMAT_LIMIT. */
export function leavesOf(elements: readonly ThriftStruct[], place: Place): readonly Leaf[] {
  const [root, ...rest] = elements
  if (!root) throw fail.malformed(place, 'the schema is empty')
  const leaves: Leaf[] = []
  const stack: Level[] = [{ left: numberAt(root, 5) ?? 0, path: [], definition: 0, repetition: 0 }]
  for (const element of rest) {
    while (stack.length > 0 && stack.at(-1)!.left <= 0) stack.pop()
    const parent = stack.at(-1)
    if (!parent) throw fail.malformed(place, 'the schema has more elements than its groups say')
    parent.left--
    const kind = numberAt(element, 3) ?? 0
    const path = [...parent.path, textAt(element, 4) ?? '']
    const definition = parent.definition + (kind === 0 ? 0 : 1)
    const repetition = parent.repetition + (kind === 2 ? 1 : 0)
    const children = numberAt(element, 5) ?? 0
    if (children > 0) {
      if (stack.length >= MAX_SCHEMA_DEPTH)
        throw fail.limit(place, `the schema is more than ${MAX_SCHEMA_DEPTH} deep`)
      stack.push({ left: children, path, definition, repetition })
      continue
    }
    if (leaves.length === MAX_COLUMNS) throw fail.limit(place, `there are more than ${MAX_COLUMNS} columns`)
    const physical = PHYSICAL[numberAt(element, 1) ?? -1]
    if (physical === undefined) throw fail.malformed(place, `the column '${path.join('.')}' has no type`)
    leaves.push({
      path,
      physical,
      length: checkLength(physical, numberAt(element, 2), path, place),
      logical: logicalOf(element),
      maxDefinition: definition,
      maxRepetition: repetition,
    })
  }
  if (stack.some(({ left }) => left > 0))
    throw fail.malformed(place, 'the schema has fewer elements than its groups say')
  return leaves
}

function checkLength(
  physical: Physical,
  length: number | undefined,
  path: readonly string[],
  place: Place,
): number {
  if (physical !== 'fixed') return 0
  if (length !== undefined && length > 0 && length <= 2 ** 20) return length
  throw fail.malformed(place, `the values of '${path.join('.')}' have ${length ?? 'no'} bytes`)
}

function logicalOf(element: ThriftStruct): string | undefined {
  const logical = structAt(element, 10)
  if (logical) {
    for (const [id, name] of LOGICAL) if (logical.has(id)) return name
    for (const [id, name] of [
      [7, 'time'],
      [8, 'timestamp'],
    ] as const) {
      const unit = structAt(logical, id) && structAt(structAt(logical, id)!, 2)
      if (unit) return `${name}-${UNITS[[...unit.keys()][0] ?? 0] ?? 'us'}`
    }
    const integer = structAt(logical, 10)
    if (integer) return `${integer.get(2) === false ? 'u' : ''}int${numberAt(integer, 1) ?? 32}`
  }
  const converted = numberAt(element, 6)
  return converted === undefined ? undefined : CONVERTED[converted]
}
