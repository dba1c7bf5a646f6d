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

/**
 * The attributes that BUILD sets: of all states in turn, dictionaries with text keys, alone or as
 * (`__dict__`, slots).
 */
export function attributesOf(call: PickleCall): ReadonlyMap<string, PickleNode> {
  const attributes = new Map<string, PickleNode>()
  for (const state of call.states) {
    const parts = state.kind === 'tuple' && state.items.length === 2 ? state.items : [state]
    for (const part of parts) {
      if (part.kind !== 'dict') continue
      for (const [key, value] of part.entries) {
        const name = textOf(key)
        if (name !== undefined) attributes.set(name, value)
      }
    }
  }
  return attributes
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

/** A tuple or list of sizes, none below zero. */
export function shapeOf(node: PickleNode | undefined): readonly number[] | undefined {
  if (node?.kind !== 'tuple' && node?.kind !== 'list') return undefined
  const sizes = node.items.map(integerOf)
  return sizes.every(size => size !== undefined && size >= 0) ? (sizes as number[]) : undefined
}
