import { dictionariesOf, integerOf, namesOf, textOf } from '../classes.ts'
import { fail, MAX_ARRAYS, MAX_DEPTH, MAX_FIELDS_TOLD, MAX_NAMES, MAX_OBJECTS } from '../limits.ts'
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
  /** Results of calls that are no arrays, the first MAX_OBJECTS. */
  readonly objects: readonly { readonly path: Path; readonly call: PickleCall }[]
}

interface Visit {
  readonly node: PickleNode
  readonly path: Path
}

/**
 * Walks everything below a root, with a stack of its own, each node and each list once. Throws FORMAT_LIMIT above
 * MAX_DEPTH levels, MAX_ARRAYS arrays, MAX_FIELDS_TOLD fields and MAX_NAMES characters of names.
 */
export function inventoryOf(root: PickleNode, file: string): Inventory {
  const arrays = new Names(file)
  const objects: { path: Path; call: PickleCall }[] = []
  const seen = new Set<unknown>()
  const isNew = (part: unknown): boolean => !seen.has(part) && seen.add(part) !== undefined
  // The places that are open, from the root down: what is below each comes as it is asked for.
  const open: Iterator<Visit>[] = [[{ node: root, path: ROOT }].values()]
  while (open.length > 0) {
    const next = open.at(-1)!.next()
    if (next.done) {
      open.pop()
      continue
    }
    const { node, path } = next.value
    if (!isNew(node)) continue
    if (path.depth > MAX_DEPTH) throw fail.limit({ name: file }, `objects nested more than ${MAX_DEPTH} deep`)
    const array = arrayOf(node)
    if (array) arrays.add(path, array)
    else if (node.kind === 'call' && objects.length < MAX_OBJECTS) objects.push({ path, call: node })
    open.push(array ? objectsIn(array, path, isNew) : childrenOf(node, path, isNew))
  }
  return { arrays: arrays.all, objects }
}

/** Whether a part is met for the first time: states, arguments and lists may be shared by a million objects. */
type IsNew = (part: unknown) => boolean

/** Arrays under names that occur once. */
class Names {
  readonly all: NamedArray[] = []
  readonly #taken = new Map<string, number>()
  readonly #file: string
  #characters = 0
  #fields = 0

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
    this.#fields += array.dtype.fields?.length ?? 0
    if (this.#fields > MAX_FIELDS_TOLD)
      throw fail.limit({ name: this.#file }, `its records have more than ${MAX_FIELDS_TOLD} fields`)
    if (this.all.length >= MAX_ARRAYS)
      throw fail.limit({ name: this.#file }, `more than ${MAX_ARRAYS} arrays`)
    if (this.#characters > MAX_NAMES)
      throw fail.limit({ name: this.#file }, `the names of its arrays have more than ${MAX_NAMES} characters`)
    this.all.push({ name, array })
  }
}

/** Whether something can be below a node: of numbers, texts and empty lists there are millions. */
function isInner(node: PickleNode): boolean {
  switch (node.kind) {
    case 'call':
    case 'array':
      return true
    case 'list':
    case 'tuple':
    case 'set':
      return node.items.length > 0
    case 'dict':
      return node.entries.length > 0
    default:
      return false
  }
}

function* childrenOf(node: PickleNode, path: Path, isNew: IsNew): Generator<Visit, void> {
  if (node.kind === 'list' || node.kind === 'tuple') yield* listed(node.items, path, index)
  else if (node.kind === 'set') yield* listed(node.items, path, member)
  else if (node.kind === 'dict') yield* keyed(node.entries, path)
  else if (node.kind === 'call') yield* ofCall(node, path, isNew)
}

function* listed(
  items: readonly PickleNode[],
  path: Path,
  step: (at: number) => string,
): Generator<Visit, void> {
  for (const [at, node] of items.entries()) if (isInner(node)) yield { node, path: below(path, step(at)) }
}

function* keyed(entries: readonly (readonly [PickleNode, PickleNode])[], path: Path): Generator<Visit, void> {
  for (const [at, [name, node]] of entries.entries()) {
    if (isInner(name)) yield { node: name, path: below(path, `${member(at)}key`) }
    if (isInner(node)) yield { node, path: below(path, keyStep(name, at)) }
  }
}

function keyStep(name: PickleNode, at: number): string {
  const text = textOf(name)
  if (text !== undefined) return key(text)
  const number = name.kind === 'int' ? integerOf(name) : undefined
  return number === undefined ? member(at) : `[${number}]`
}

/** Attributes, what a list or dictionary of its own class holds, and what it was called with. */
function* ofCall(call: PickleCall, path: Path, isNew: IsNew): Generator<Visit, void> {
  for (const state of call.states)
    for (const part of dictionariesOf(state)) {
      if (!isNew(part)) continue
      for (const [name, node] of namesOf(part))
        if (isInner(node)) yield { node, path: below(path, attribute(name)) }
    }
  for (const state of call.states)
    if (state.kind !== 'dict' && isInner(state)) yield { node: state, path: below(path, '.__state__') }
  yield* listed(call.items, path, index)
  yield* keyed(call.entries, path)
  if (call.args.kind === 'tuple' && isNew(call.args)) yield* listed(call.args.items, path, argument)
  if (call.kwargs?.kind !== 'dict' || !isNew(call.kwargs)) return
  for (const [name, node] of namesOf(call.kwargs))
    if (isInner(node)) yield { node, path: below(path, argument(name.slice(0, 200))) }
}

/** Elements of an array of objects, by their indices. */
function* objectsIn({ objects, shape }: NumpyArray, path: Path, isNew: IsNew): Generator<Visit, void> {
  if (!objects || !isNew(objects)) return
  for (const [at, node] of objects.entries())
    if (isInner(node)) yield { node, path: below(path, index(...indicesOf(at, shape))) }
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
