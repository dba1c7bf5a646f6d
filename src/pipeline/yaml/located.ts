import type { Location } from '../../core/index.ts'

/** A value that a person wrote, with its place: what YAML is here, whoever parsed it. */
export type Located =
  | {
      readonly kind: 'scalar'
      readonly value: string | number | boolean | null
      /** As written: `1.10` where the value is 1.1. */
      readonly text: string
      readonly at: Location
    }
  | { readonly kind: 'list'; readonly items: readonly Located[]; readonly at: Location }
  | { readonly kind: 'map'; readonly entries: readonly Entry[]; readonly at: Location }
  /** `!reference [job, key]`: only where the language has it, and gone once it is resolved. */
  | { readonly kind: 'reference'; readonly path: readonly string[]; readonly at: Location }

export interface Entry {
  readonly key: string
  readonly keyAt: Location
  readonly value: Located
}

const MAX_SHOWN = 60

/** How a message shows a value: `'tset'`, `12`, `a list`. */
export function showFound(node: Located): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`
  if (node.value === null) return 'nothing'
  return typeof node.value === 'string' ? quote(node.value) : quote(node.text).slice(1, -1)
}

/** Quoted, on one line, and not too long. */
export function quote(text: string): string {
  const line = text.slice(0, MAX_SHOWN).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '·')
  return `'${line}${text.length > MAX_SHOWN ? '…' : ''}'`
}
