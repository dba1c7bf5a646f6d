import { MAX_DIMENSIONS } from './limits.ts'
import type { PickleCall, PickleGlobal, PickleNode } from './types.ts'

/** What Python 3 knows a global as; a computed one has no name. */
export function nameOf(global: PickleGlobal): { readonly module: string; readonly name: string } {
  return global.renamed ?? { module: global.module, name: global.name }
}

/** Whether a node is the class or function `module.name`, whichever of the modules it is found in. */
export function isGlobal(node: PickleNode | undefined, modules: ReadonlySet<string>, name: string): boolean {
  if (node?.kind !== 'global' || node.computed) return false
  const found = nameOf(node)
  return found.name === name && modules.has(found.module)
}

const COPYREG: ReadonlySet<string> = new Set(['copyreg', 'copy_reg'])

/** Functions that make an instance of their first argument: copyreg's two, and Cython's, whatever their module. */
function isMaker(callee: PickleGlobal): boolean {
  if (isGlobal(callee, COPYREG, '_reconstructor') || isGlobal(callee, COPYREG, '__newobj__')) return true
  return /^(?:newObj$|__pyx_unpickle_)/.test(nameOf(callee).name)
}

/**
 * The class that a call makes an instance of: what NEWOBJ, OBJ and INST name, the first argument of functions that
 * make an instance of it, else what is called.
 */
export function classOf(call: PickleCall): PickleGlobal | undefined {
  const { callee, args } = call
  if (callee.kind !== 'global') return undefined
  if (call.via !== 'REDUCE' || !isMaker(callee)) return callee
  const first = args.kind === 'tuple' ? args.items[0] : undefined
  return first?.kind === 'global' ? first : undefined
}

/** Attributes of an object by name, in the order in which they were set. */
export interface Attributes extends Iterable<readonly [name: string, value: PickleNode]> {
  get(name: string): PickleNode | undefined
}

/**
 * The attributes that BUILD sets: of all states in turn, dictionaries with text keys, alone or as
 * (`__dict__`, slots). States may be shared by any number of objects, so nothing is copied.
 */
export function attributesOf(call: PickleCall): Attributes {
  const maps = call.states.flatMap(dictionariesOf).map(namesOf)
  return {
    get(name) {
      for (let i = maps.length - 1; i >= 0; i--) {
        const found = maps[i]!.get(name)
        if (found) return found
      }
      return undefined
    },
    *[Symbol.iterator]() {
      if (maps.length === 1) yield* maps[0]!
      else yield* new Map(maps.flatMap(map => Array.from(map)))
    },
  }
}

type PickleDict = Extract<PickleNode, { kind: 'dict' }>

/** The dictionaries of a state: itself, or `__dict__` and slots. */
export function dictionariesOf(state: PickleNode): PickleDict[] {
  const parts = state.kind === 'tuple' && state.items.length === 2 ? state.items : [state]
  return parts.filter(part => part.kind === 'dict')
}

/** By dictionary: its text keys, and how many of its entries are in there. Entries are only ever added. */
const NAMED = new WeakMap<PickleDict, { readonly names: Map<string, PickleNode>; done: number }>()

/** The values of a dictionary under text keys; the last one of a key counts. */
export function namesOf(dict: PickleDict): ReadonlyMap<string, PickleNode> {
  const known = NAMED.get(dict) ?? { names: new Map<string, PickleNode>(), done: 0 }
  NAMED.set(dict, known)
  for (; known.done < dict.entries.length; known.done++) {
    const [key, value] = dict.entries[known.done]!
    const name = textOf(key)
    if (name !== undefined) known.names.set(name, value)
  }
  return known.names
}

/** A text that is held whole. */
export function textOf(node: PickleNode | undefined): string | undefined {
  return node?.kind === 'text' && !node.whole ? node.value : undefined
}

/** An int in JavaScript's exact range; a bool counts as 0 or 1, as in Python. */
export function integerOf(node: PickleNode | undefined): number | undefined {
  if (node?.kind === 'bool') return Number(node.value)
  if (node?.kind !== 'int') return undefined
  const value = Number(node.value)
  return Number.isSafeInteger(value) ? value : undefined
}

/** A tuple or list of sizes, none below zero, as many as numpy takes at most. */
export function shapeOf(node: PickleNode | undefined): readonly number[] | undefined {
  if ((node?.kind !== 'tuple' && node?.kind !== 'list') || node.items.length > MAX_DIMENSIONS)
    return undefined
  const sizes = node.items.map(integerOf)
  return sizes.every(size => size !== undefined && size >= 0) ? (sizes as number[]) : undefined
}
