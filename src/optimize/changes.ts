import type { Calibration } from './calibration/types.ts'
import type { StaticOptions } from './precision/qdq/types.ts'

/** Weights and activations on places that samples tell. */
export interface StaticChange extends Omit<StaticOptions, 'keep'> {
  readonly kind: 'int8-static'
  readonly calibrate: Calibration
  /** How many examples of the data set are run. */
  readonly samples: number
}

/** As many as published calibrations take: more move ranges little. */
export const SAMPLES = 128

/** A change of a model, as it is asked for. */
export type Change =
  | { readonly kind: 'simplify' }
  | {
      readonly kind: 'int8'
      readonly dtype: 'int8' | 'uint8'
      readonly perChannel: boolean
      readonly reduced: boolean
    }
  | StaticChange
  | {
      readonly kind: 'blocks'
      readonly bits: 4 | 8
      readonly size: number
      readonly asymmetric: boolean
      readonly accuracyLevel: 0 | 1 | 2 | 3 | 4
    }
  | { readonly kind: 'fp16' }
  | { readonly kind: 'storage'; readonly dtype: 'float16' | 'bfloat16' }

/** What is tried, by its name on the command line and in ballast.yaml. */
export const CHANGES: Readonly<Record<string, Change>> = {
  simplify: { kind: 'simplify' },
  int8: { kind: 'int8', dtype: 'int8', perChannel: true, reduced: false },
  'int8-tensor': { kind: 'int8', dtype: 'int8', perChannel: false, reduced: false },
  'int8-static': {
    kind: 'int8-static',
    activations: { dtype: 'uint8', symmetric: false },
    weights: { dtype: 'int8', reduced: false },
    perChannel: true,
    calibrate: 'minmax',
    samples: SAMPLES,
  },
  'int8-blocks': { kind: 'blocks', bits: 8, size: 32, asymmetric: false, accuracyLevel: 4 },
  int4: { kind: 'blocks', bits: 4, size: 32, asymmetric: false, accuracyLevel: 4 },
  'int4-exact': { kind: 'blocks', bits: 4, size: 16, asymmetric: true, accuracyLevel: 1 },
  fp16: { kind: 'fp16' },
  'fp16-weights': { kind: 'storage', dtype: 'float16' },
  'bf16-weights': { kind: 'storage', dtype: 'bfloat16' },
}

/** Before the name of a change: it is of the simplified graph. */
const SIMPLIFIED_FIRST = 'simplify+'

/** Of a change, and of the same on the simplified graph: `int8` and `simplify+int8`. */
export const CHANGE_NAMES: readonly string[] = [
  ...Object.keys(CHANGES),
  ...Object.keys(CHANGES).flatMap(name => simplifiedFirst(name) ?? []),
]

/** The name of the same change on the simplified graph; undefined where it is that already, or nothing else. */
export function simplifiedFirst(name: string): string | undefined {
  return name === 'simplify' || name.startsWith(SIMPLIFIED_FIRST) ? undefined : `${SIMPLIFIED_FIRST}${name}`
}

/** The change of a name, and whether the graph is simplified before it. Undefined where there is none. */
export function changeOf(name: string): { readonly change: Change; readonly simplify: boolean } | undefined {
  if (!CHANGE_NAMES.includes(name)) return undefined
  const simplify = name.startsWith(SIMPLIFIED_FIRST)
  const change = CHANGES[simplify ? name.slice(SIMPLIFIED_FIRST.length) : name]
  return change && { change, simplify }
}

/** Of the variants that pass, which one is the best. */
export const PREFERENCES = ['latency', 'size', 'memory'] as const
export type Preference = (typeof PREFERENCES)[number]
