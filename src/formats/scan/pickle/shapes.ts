import type { PickleNode } from '../../pickle/types.ts'

/** What an argument may be. Globals and calls within it are judged where they stand themselves. */
export type Shape = (node: PickleNode) => boolean

/** What the arguments of one call may be; the node is the tuple of them. */
export type Arguments = (args: PickleNode) => boolean

/** A number of elements that is no attack on memory: `bytes(n)` and `range(n)` make them from nothing. */
const MAX_MADE = 1_000_000n

/** A shape or a list of arguments has far fewer; a pickle may pass one long tuple a million times. */
export const MAX_ARGUMENTS = 1000

export const any: Shape = () => true
export const none: Shape = node => node.kind === 'none'
export const text: Shape = node => node.kind === 'text'
export const bool: Shape = node => node.kind === 'bool'
export const int: Shape = node => node.kind === 'int' || node.kind === 'bool'
export const number: Shape = node => int(node) || node.kind === 'float'
export const smallInt: Shape = node =>
  node.kind === 'bool' || (node.kind === 'int' && node.value < MAX_MADE && node.value > -MAX_MADE)
export const tuple: Shape = node => node.kind === 'tuple'
export const list: Shape = node => node.kind === 'list'
export const dict: Shape = node => node.kind === 'dict'
/** A container whose elements are there: iterating it calls nothing and ends. */
export const elements: Shape = node =>
  node.kind === 'list' || node.kind === 'tuple' || node.kind === 'set' || node.kind === 'dict'

/** Bytes as they stand, or as protocols 0 to 2 write them: `_codecs.encode('…', 'latin1')`, `bytes()`. */
export const bytes: Shape = node => {
  if (node.kind === 'bytes' || node.kind === 'text' || node.kind === 'buffer') return true
  return node.kind === 'call' && isGlobal(node.callee, BYTES_MAKERS)
}

const BYTES_MAKERS: ReadonlySet<string> = new Set(['_codecs:encode', 'builtins:bytearray', 'builtins:bytes'])

/** `module:name` as Python 3 loads it. */
export function nameOf(node: PickleNode): string | undefined {
  if (node.kind !== 'global' || node.computed) return undefined
  const { module, name } = node.renamed ?? node
  return `${module}:${name}`
}

export function isGlobal(node: PickleNode, names: ReadonlySet<string>): boolean {
  const name = nameOf(node)
  return name !== undefined && names.has(name)
}

/** One of these classes or functions. */
export function named(...names: readonly string[]): Shape {
  const set: ReadonlySet<string> = new Set(names)
  return node => isGlobal(node, set)
}

export function oneOf(...shapes: readonly Shape[]): Shape {
  return node => shapes.some(shape => shape(node))
}

/** Exactly one of these texts. */
export function literal(...values: readonly string[]): Shape {
  return node => node.kind === 'text' && values.includes(node.value)
}

export function matching(pattern: RegExp): Shape {
  return node => node.kind === 'text' && !node.whole && pattern.test(node.value)
}

/** A tuple (or list) of such elements. */
export function tupleOf(shape: Shape): Shape {
  return node =>
    (node.kind === 'tuple' || node.kind === 'list') &&
    node.items.length <= MAX_ARGUMENTS &&
    node.items.every(shape)
}

/** The first `required` shapes must be there, the others may. */
export function args(shapes: readonly Shape[], required: number = shapes.length): Arguments {
  return node =>
    node.kind === 'tuple' &&
    node.items.length >= required &&
    node.items.length <= shapes.length &&
    node.items.every((item, index) => shapes[index]!(item))
}

/** Any number of such arguments. */
export function rest(shape: Shape): Arguments {
  return node => node.kind === 'tuple' && node.items.length <= MAX_ARGUMENTS && node.items.every(shape)
}

export const noArguments: Arguments = node => node.kind === 'tuple' && node.items.length === 0

export function either(...choices: readonly Arguments[]): Arguments {
  return node => choices.some(choice => choice(node))
}
