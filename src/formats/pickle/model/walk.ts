import { attributesOf, textOf } from '../classes.ts'
import { fail, MAX_ARRAYS, MAX_DEPTH, MAX_NAMES } from '../limits.ts'
import { arrayOf } from '../numpy/array.ts'
import type { NumpyArray } from '../numpy/types.ts'
import type { PickleCall, PickleNode } from '../types.ts'
import { argument, attribute, below, index, key, member, nameOf, type Path, ROOT } from './paths.ts'

export interface NamedArray {
  readonly name: string
  readonly array: NumpyArray
}

/** What is in a tree of objects, in its order; what is reached twice is told once. */
export interface Inventory {
  readonly arrays: readonly NamedArray[]
  /** Results of calls that are no arrays. */
  readonly objects: readonly { readonly path: Path; readonly call: PickleCall }[]
}

interface Visit {
  readonly node: PickleNode
  readonly path: Path
}

/**
 * Walks everything below a root, with a stack of its own. Throws FORMAT_LIMIT above MAX_DEPTH levels, MAX_ARRAYS
 * arrays and MAX_NAMES characters of names.
 */
export function inventoryOf(root: PickleNode, file: string): Inventory {
  const arrays = new Names(file)
  const objects: { path: Path; call: PickleCall }[] = []
  const seen = new Set<PickleNode>()
  const open: Visit[] = [{ node: root, path: ROOT }]
  for (let visit = open.pop(); visit; visit = open.pop()) {
    const { node, path } = visit
    if (seen.has(node)) continue
    seen.add(node)
    if (path.depth > MAX_DEPTH) throw fail.limit({ name: file }, `objects nested more than ${MAX_DEPTH} deep`)
    const array = arrayOf(node)
    if (array) arrays.add(path, array)
    else if (node.kind === 'call') objects.push({ path, call: node })
    const next = array ? objectsIn(array, path) : childrenOf(node, path)
    for (let i = next.length - 1; i >= 0; i--) open.push(next[i]!)
  }
  return { arrays: arrays.all, objects }
}

/** Arrays under names that occur once. */
class Names {
  readonly all: NamedArray[] = []
  readonly #taken = new Map<string, number>()
  readonly #file: string
  #characters = 0

  constructor(file: string) {
    this.#file = file
  }

  add(path: Path, array: NumpyArray): void {
    const name = nameOf(path)
    this.#put(name, array)
    if (array.mask) this.#put(`${name}.mask`, array.mask)
  }

  #put(wanted: string, array: NumpyArray): void {
    const count = (this.#taken.get(wanted) ?? 0) + 1
    this.#taken.set(wanted, count)
    const name = count === 1 ? wanted : `${wanted}#${count}`
    this.#characters += name.length
    if (this.all.length >= MAX_ARRAYS)
      throw fail.limit({ name: this.#file }, `more than ${MAX_ARRAYS} arrays`)
    if (this.#characters > MAX_NAMES)
      throw fail.limit({ name: this.#file }, `the names of its arrays have more than ${MAX_NAMES} characters`)
    this.all.push({ name, array })
  }
}

/** Whether something can be below a node: of numbers and texts there are millions. */
function isInner({ kind }: PickleNode): boolean {
  return (
    kind === 'call' ||
    kind === 'array' ||
    kind === 'list' ||
    kind === 'tuple' ||
    kind === 'dict' ||
    kind === 'set'
  )
}

function childrenOf(node: PickleNode, path: Path): Visit[] {
  if (node.kind === 'list' || node.kind === 'tuple') return listed(node.items, path, index)
  if (node.kind === 'set') return listed(node.items, path, member)
  if (node.kind === 'dict') return keyed(node.entries, path)
  return node.kind === 'call' ? ofCall(node, path) : []
}

function listed(items: readonly PickleNode[], path: Path, step: (at: number) => string): Visit[] {
  const visits: Visit[] = []
  for (const [at, node] of items.entries())
    if (isInner(node)) visits.push({ node, path: below(path, step(at)) })
  return visits
}

function keyed(entries: readonly (readonly [PickleNode, PickleNode])[], path: Path): Visit[] {
  const visits: Visit[] = []
  for (const [at, [name, node]] of entries.entries()) {
    if (isInner(name)) visits.push({ node: name, path: below(path, `${member(at)}key`) })
    if (isInner(node)) visits.push({ node, path: below(path, keyStep(name, at)) })
  }
  return visits
}

function keyStep(name: PickleNode, at: number): string {
  const text = textOf(name)
  if (text !== undefined) return key(text)
  return name.kind === 'int' ? `[${name.value}]` : member(at)
}

/** Attributes, what a list or dictionary of its own class holds, and what it was called with. */
function ofCall(call: PickleCall, path: Path): Visit[] {
  const visits: Visit[] = []
  for (const [name, node] of attributesOf(call))
    if (isInner(node)) visits.push({ node, path: below(path, attribute(name)) })
  for (const state of call.states)
    if (state.kind !== 'dict' && isInner(state)) visits.push({ node: state, path: below(path, '.__state__') })
  visits.push(...listed(call.items, path, index), ...keyed(call.entries, path))
  if (call.args.kind === 'tuple') visits.push(...listed(call.args.items, path, argument))
  if (call.kwargs?.kind === 'dict')
    for (const [name, node] of call.kwargs.entries)
      if (isInner(node)) visits.push({ node, path: below(path, argument(textOf(name) ?? '')) })
  return visits
}

/** Elements of an array of objects, by their indices. */
function objectsIn({ objects = [], shape }: NumpyArray, path: Path): Visit[] {
  const visits: Visit[] = []
  for (const [at, node] of objects.entries())
    if (isInner(node)) visits.push({ node, path: below(path, index(...indicesOf(at, shape))) })
  return visits
}

function indicesOf(at: number, shape: readonly number[]): number[] {
  const indices: number[] = []
  let rest = at
  for (const length of shape.toReversed()) {
    indices.unshift(rest % length)
    rest = Math.floor(rest / length)
  }
  return indices
}
