import { fail } from '../limits.ts'
import { type Handler, type Machine, NODE_BYTES, SLOT_BYTES } from '../machine/machine.ts'
import type { PickleMutation, PickleNode } from '../types.ts'
import { keyOf, withNumber } from './scalars.ts'

/** Tuples, lists, sets and dictionaries; the stack and the memo. */
export const CONTAINERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['EMPTY_TUPLE', m => m.push({ kind: 'tuple', items: [] })],
  ['TUPLE', m => pushItems(m, 'tuple', m.stack.takeMarked())],
  ['TUPLE1', m => pushItems(m, 'tuple', m.stack.take(1))],
  ['TUPLE2', m => pushItems(m, 'tuple', m.stack.take(2))],
  ['TUPLE3', m => pushItems(m, 'tuple', m.stack.take(3))],
  ['EMPTY_LIST', m => m.push({ kind: 'list', items: [] })],
  ['LIST', m => pushItems(m, 'list', m.stack.takeMarked())],
  ['APPEND', m => append(m, m.stack.take(1))],
  ['APPENDS', m => append(m, m.stack.takeMarked())],
  ['EMPTY_SET', m => m.push({ kind: 'set', frozen: false, items: [] })],
  ['FROZENSET', m => frozenSet(m, m.stack.takeMarked())],
  ['ADDITEMS', m => addItems(m, m.stack.takeMarked())],
  ['EMPTY_DICT', m => m.push({ kind: 'dict', entries: [] })],
  ['DICT', m => dictionary(m, m.stack.takeMarked())],
  ['SETITEM', m => setItems(m, m.stack.take(2))],
  ['SETITEMS', m => setItems(m, m.stack.takeMarked())],
  ['MARK', m => m.stack.mark()],
  ['POP', m => m.stack.drop()],
  ['POP_MARK', m => void m.stack.takeMarked()],
  ['DUP', m => m.stack.push(m.stack.top())],
  ['GET', m => withNumber(m, (_, text) => get(m, keyOf(m, text)))],
  ['BINGET', m => get(m, m.cursor.uint(1))],
  ['LONG_BINGET', m => get(m, m.cursor.uint(4))],
  ['PUT', m => withNumber(m, (_, text) => put(m, keyOf(m, text)))],
  ['BINPUT', m => put(m, m.cursor.uint(1))],
  ['LONG_BINPUT', m => put(m, m.cursor.uint(4))],
  // The count of keys, not one behind the highest: as CPython has it.
  ['MEMOIZE', m => put(m, m.memo.size)],
])

function pushItems(m: Machine, kind: 'tuple' | 'list', items: PickleNode[]): void {
  m.push({ kind, items }, items.length * SLOT_BYTES)
}

function frozenSet(m: Machine, items: PickleNode[]): void {
  m.push({ kind: 'set', frozen: true, items }, items.length * SLOT_BYTES)
}

function dictionary(m: Machine, items: PickleNode[]): void {
  const entries = pairsOf(m, items)
  m.push({ kind: 'dict', entries }, entries.length * NODE_BYTES)
}

function append(m: Machine, items: PickleNode[]): void {
  const target = m.stack.top()
  if (items.length === 0) return
  if (target.kind === 'list' || target.kind === 'call') extend(m, target.items, items)
  else mutate(m, 'APPENDS', target, items)
}

function addItems(m: Machine, items: PickleNode[]): void {
  const target = m.stack.top()
  if (items.length === 0) return
  if ((target.kind === 'set' && !target.frozen) || target.kind === 'call') extend(m, target.items, items)
  else mutate(m, 'ADDITEMS', target, items)
}

function setItems(m: Machine, items: PickleNode[]): void {
  const target = m.stack.top()
  const pairs = pairsOf(m, items)
  if (pairs.length === 0) return
  if (target.kind === 'dict' || target.kind === 'call') {
    m.charge(pairs.length * NODE_BYTES)
    for (const pair of pairs) target.entries.push(pair)
  } else mutate(m, 'SETITEMS', target, items)
}

function extend(m: Machine, list: PickleNode[], items: readonly PickleNode[]): void {
  m.charge(items.length * SLOT_BYTES)
  for (const item of items) list.push(item)
}

export function mutate(
  m: Machine,
  via: PickleMutation['via'],
  target: PickleNode,
  values: readonly PickleNode[],
): void {
  m.charge(NODE_BYTES + values.length * SLOT_BYTES)
  m.seen.mutations.push({ via, target, values, offset: m.at })
}

function pairsOf(m: Machine, items: readonly PickleNode[]): [PickleNode, PickleNode][] {
  if (items.length % 2 === 1) throw m.malformed('a dictionary gets a key without a value')
  const pairs: [PickleNode, PickleNode][] = []
  for (let i = 0; i < items.length; i += 2) pairs.push([items[i]!, items[i + 1]!])
  return pairs
}

function get(m: Machine, key: number): void {
  const node = m.memo.get(key)
  if (!node) throw m.malformed(`the memo has nothing under ${key}`)
  m.stack.push(node)
}

function put(m: Machine, key: number): void {
  const node = m.stack.top()
  if (key < 0) throw m.malformed(`the key ${key} is negative`)
  m.charge(SLOT_BYTES)
  if (!m.memo.put(key, node)) throw fail.limit(m.place, 'more keys in the memo than any pickler writes')
}
