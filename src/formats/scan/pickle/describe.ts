import type { PickleNode } from '../../pickle/types.ts'
import { redact } from '../text/secrets.ts'

const MAX_TEXT = 80
const MAX_ITEMS = 4
const MAX_DEPTH = 3

/** A node in a few words, as Python would write it. Secrets in it are cut. */
export function describe(node: PickleNode, depth = 0): string {
  switch (node.kind) {
    case 'none':
      return 'None'
    case 'bool':
      return node.value ? 'True' : 'False'
    case 'int':
      return node.value > 10n ** 20n ? 'a long int' : String(node.value)
    case 'float':
      return String(node.value)
    case 'text':
      return quote(node.value)
    case 'bytes':
      return `${node.length} bytes`
    case 'global':
      return node.computed ? 'a computed name' : printable(`${node.module}.${node.name}`)
    case 'call':
      return depth >= MAX_DEPTH
        ? '…'
        : `${describe(node.callee, depth + 1)}${argumentsOf(node.args, depth + 1)}`
    case 'tuple':
      return argumentsOf(node, depth)
    case 'list':
      return `[${someOf(node.items, depth)}]`
    case 'set':
      return `{${someOf(node.items, depth)}}`
    case 'dict':
      return node.entries.length === 0 ? '{}' : `a dict of ${node.entries.length}`
    case 'array':
      return 'an array'
    case 'persistent':
      return 'a persistent object'
    case 'extension':
      return `extension ${node.code}`
    case 'buffer':
      return 'a buffer'
  }
}

/** `('id',)` without Python's comma. */
export function argumentsOf(args: PickleNode, depth = 0): string {
  if (args.kind !== 'tuple') return `(*${describe(args, depth + 1)})`
  return `(${someOf(args.items, depth)})`
}

function someOf(items: readonly PickleNode[], depth: number): string {
  if (depth >= MAX_DEPTH) return items.length > 0 ? '…' : ''
  const some = items.slice(0, MAX_ITEMS).map(item => describe(item, depth + 1))
  return items.length > MAX_ITEMS ? `${some.join(', ')}, …` : some.join(', ')
}

function quote(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
  return `'${printable(redact(short))}'`
}

/** Without control characters, which would play tricks on a terminal; without what reverses the direction of text. */
export function printable(text: string): string {
  return text
    .slice(0, 400)
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, character => {
      if (character === '\n') return '\\n'
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
    })
}
