import type { PickleGlobal } from '../../pickle/types.ts'
import type { ScanContext } from '../types.ts'
import { type Entry, plainClass } from './allow/entry.ts'
import { allowed } from './allow/index.ts'
import { dangerOf, isStandard } from './dangers.ts'
import { printable } from './describe.ts'

/** What is known of one global. */
export type Standing =
  | { readonly kind: 'allowed'; readonly entry: Entry }
  | { readonly kind: 'computed' }
  | { readonly kind: 'dangerous'; readonly does: string }
  /** Of Python's own library, and not vouched for. */
  | { readonly kind: 'standard' }
  | { readonly kind: 'unknown' }

/** Classes of an archive's own TorchScript code, which torch looks up there and not in Python. */
const TORCHSCRIPT = /^__torch__(\.[A-Za-z_]\w*)*$/

export function standingOf(global: PickleGlobal, context: ScanContext): Standing {
  if (global.computed) return { kind: 'computed' }
  const { module, name } = global.renamed ?? global
  const entry = allowed(module, name)
  if (entry) return { kind: 'allowed', entry }
  if (context.torchscript && TORCHSCRIPT.test(global.module) && /^\w+$/.test(global.name))
    return { kind: 'allowed', entry: plainClass }
  const danger = dangerOf(module, name) ?? dangerOf(global.module, global.name)
  if (danger) return { kind: 'dangerous', does: danger.does }
  return { kind: isStandard(module) || isStandard(global.module) ? 'standard' : 'unknown' }
}

/** As it stands in the file, with what Python 3 makes of it. */
export function titleOf(global: PickleGlobal): string {
  if (global.computed) return 'a computed name'
  return printable(`${global.module}.${global.name}`)
}
