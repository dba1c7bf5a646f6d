import { integerOf, isGlobal, textOf } from '../classes.ts'
import type { PickleNode, PickleText } from '../types.ts'

/** Where an array's bytes stand, and in which form. */
export type ArrayData =
  | { readonly kind: 'range'; readonly offset: number; readonly length: number }
  /** Protocol 0 of Python 2: a string with escapes. */
  | { readonly kind: 'escaped'; readonly offset: number; readonly length: number }
  /** Protocols 0 to 2 of Python 3: each byte is the character of its number, as UTF-8 or with `\u` escapes. */
  | { readonly kind: 'characters'; readonly text: PickleText }
  /** Out of band (protocol 5): in another file, or nowhere. */
  | { readonly kind: 'elsewhere' }

const CODECS: ReadonlySet<string> = new Set(['_codecs', 'codecs'])
const BUILTINS: ReadonlySet<string> = new Set(['builtins', '__builtin__'])
const EMPTY: ArrayData = { kind: 'range', offset: 0, length: 0 }

/**
 * The bytes that a node stands for: a byte string; `_codecs.encode(text, 'latin1')`, in which protocols 0 to 2 put
 * bytes; `bytearray(…)` and `bytes()`. Undefined for anything else.
 */
export function dataOf(node: PickleNode | undefined): ArrayData | undefined {
  if (node?.kind === 'bytes') {
    const { offset, length } = node
    return { kind: node.escaped ? 'escaped' : 'range', offset, length }
  }
  if (node?.kind === 'text') return { kind: 'characters', text: node }
  if (node?.kind === 'buffer') return { kind: 'elsewhere' }
  if (node?.kind !== 'call' || node.args.kind !== 'tuple') return undefined
  const [first, encoding] = node.args.items
  if (isGlobal(node.callee, CODECS, 'encode')) return isLatin1(encoding) ? charactersOf(first) : undefined
  const builtin = isGlobal(node.callee, BUILTINS, 'bytearray') || isGlobal(node.callee, BUILTINS, 'bytes')
  if (!builtin) return undefined
  if (!first || integerOf(first) === 0) return EMPTY
  if (first.kind === 'text') return isLatin1(encoding) ? charactersOf(first) : undefined
  return first.kind === 'bytes' ? dataOf(first) : undefined
}

function charactersOf(node: PickleNode | undefined): ArrayData | undefined {
  return node?.kind === 'text' ? { kind: 'characters', text: node } : undefined
}

function isLatin1(node: PickleNode | undefined): boolean {
  const name = textOf(node)?.toLowerCase().replaceAll(/[-_]/g, '')
  return name === 'latin1' || name === 'iso88591'
}
