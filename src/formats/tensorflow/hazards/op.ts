import { effectOf } from './effects.ts'
import { HARMLESS_OPS } from './harmless-ops.ts'
import type { HazardKind, TensorflowHazard } from './types.ts'

export type { HazardKind }

/** What an op does by its name alone; undefined for one that only computes. */
export function hazardOfOp(op: string): Pick<TensorflowHazard, 'kind' | 'detail'> | undefined {
  if (HARMLESS_OPS.has(op)) return undefined
  const effect = effectOf(op)
  if (effect) return { kind: effect.kind, detail: effect.why }
  return { kind: 'unknown-op', detail: 'TensorFlow has no such op, or nobody vouches for it' }
}
