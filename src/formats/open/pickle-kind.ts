import { sourceOf } from '../../core/index.ts'
import type { PickleRun } from '../pickle/index.ts'

/** Opcodes with which a pickle of protocol 0 or 1 begins: a mark, a value, a global or an empty container. */
const BEGINS = new Set(Buffer.from('(cIJKLMNSTUVXFG])}P'))
/** Pickles without a mark of their own are old or small: what they are shows in their first opcodes. */
const LOOKED_AT = 4096
/** Raw weights and texts get as far as some opcodes by accident. */
const LEAST_OPCODES = 8

/**
 * Whether a file without PROTO is a pickle: protocols 0 and 1 have no mark, so the machine runs the beginning. It is
 * one where that ends the file or is many opcodes long, or where it is cut off behind as many, or behind a global.
 */
export async function isUnmarkedPickle(head: Uint8Array, size: number): Promise<boolean> {
  if (head[0] === undefined || !BEGINS.has(head[0])) return false
  const { runPickle } = await import('../pickle/index.ts')
  const run = await runPickle(sourceOf(head.subarray(0, LOOKED_AT), 'the beginning'))
  const many = run.opcodes >= LEAST_OPCODES
  if (!run.fault) return many || run.end === size
  return (
    (many && run.fault.code === 'FORMAT_TRUNCATED') || (run.calls.length > 0 && run.globals.some(isNamed))
  )
}

function isNamed({ module, name }: PickleRun['globals'][number]): boolean {
  return /^[A-Za-z_][\w.]*$/.test(module) && /^[A-Za-z_][\w.]*$/.test(name)
}
