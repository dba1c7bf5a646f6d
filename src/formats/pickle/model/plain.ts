import type { Attribute } from '../../types.ts'
import { classOf, nameOf, textOf } from '../classes.ts'
import { arrayOf } from '../numpy/array.ts'
import { scalarOf } from '../numpy/scalar.ts'
import type { PickleNode } from '../types.ts'

/** Of a list or dictionary that is told whole; of longer ones the count. */
const MAX_ITEMS = 32
const MAX_TEXT = 500
/** Values of one attribute: lists in lists, whose parts may be shared, have many more places than nodes. */
const MAX_VALUES = 500
/** Beyond any seed and hash; longer ones take time to write. */
const LARGEST = 2n ** 256n
const MAX_DEPTH = 4

/**
 * A node as plain JSON for people: numbers, texts and short lists as they are, objects by their class
 * (`LogisticRegression`), arrays and byte strings by what they are. Never throws.
 */
export async function plainOf(node: PickleNode, depth = 0): Promise<Attribute> {
  switch (node.kind) {
    case 'none':
      return null
    case 'bool':
      return node.value
    case 'int':
      return plainInteger(node.value)
    case 'float':
      return plainFloat(node.value)
    case 'text':
      return node.whole || node.value.length > MAX_TEXT ? `${node.value.slice(0, MAX_TEXT)}…` : node.value
    case 'bytes':
      return `bytes [${node.length}]`
    case 'tuple':
    case 'list':
    case 'set':
      return plainItems(node.items, node.kind, depth)
    case 'dict':
      return plainEntries(node.entries, depth)
    case 'global':
      return node.computed ? 'a computed name' : `${nameOf(node).module}.${nameOf(node).name}`
    case 'call':
    case 'array':
      return plainObject(node)
    case 'persistent':
      return 'a persistent id'
    case 'extension':
      return `extension ${node.code}`
    case 'buffer':
      return 'a buffer'
  }
}

/** Whether a value is told in full by its JSON: no array, object or long list. */
export function isSimple(node: PickleNode): boolean {
  return countSimple(node, 0, MAX_VALUES) >= 0
}

/** How many of `left` values remain behind this one; below zero where it is not simple. */
function countSimple(node: PickleNode, depth: number, left: number): number {
  const rest = left - 1
  if (node.kind === 'array' || (node.kind === 'call' && arrayOf(node))) return -1
  const inner =
    node.kind === 'dict'
      ? node.entries
          .slice(0, MAX_ITEMS + 1)
          .map(([key, value]) => (textOf(key) === undefined ? undefined : value))
      : node.kind === 'tuple' || node.kind === 'list' || node.kind === 'set'
        ? node.items
        : []
  if (inner.length > MAX_ITEMS || (inner.length > 0 && depth >= MAX_DEPTH)) return -1
  let remaining = rest
  for (const value of inner) {
    if (remaining < 0 || !value) return -1
    remaining = countSimple(value, depth + 1, remaining)
  }
  return remaining
}

async function plainItems(items: readonly PickleNode[], kind: string, depth: number): Promise<Attribute> {
  if (items.length > MAX_ITEMS || depth >= MAX_DEPTH) return `${kind} [${items.length}]`
  return Promise.all(items.map(item => plainOf(item, depth + 1)))
}

async function plainEntries(
  entries: readonly (readonly [PickleNode, PickleNode])[],
  depth: number,
): Promise<Attribute> {
  if (entries.length > MAX_ITEMS || depth >= MAX_DEPTH) return `dict [${entries.length}]`
  const plain: Record<string, Attribute> = Object.create(null)
  for (const [key, value] of entries) {
    const name = textOf(key) ?? JSON.stringify(await plainOf(key, MAX_DEPTH))
    plain[name] = await plainOf(value, depth + 1)
  }
  return plain
}

async function plainObject(node: Extract<PickleNode, { kind: 'call' | 'array' }>): Promise<Attribute> {
  const array = arrayOf(node)
  if (array) return `${array.dtype.dtype} [${array.shape.join(', ')}]`
  if (node.kind === 'array') return 'an array'
  const scalar = await scalarOf(node)
  if (typeof scalar === 'bigint') return plainInteger(scalar)
  if (typeof scalar === 'number') return plainFloat(scalar)
  if (scalar !== undefined) return scalar
  const global = classOf(node)
  return global ? nameOf(global).name : 'an object'
}

function plainInteger(value: bigint): number | string {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  return value < LARGEST && value > -LARGEST ? value.toString() : 'an int beyond 2^256'
}

function plainFloat(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}
