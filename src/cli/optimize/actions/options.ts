import type { Bytes } from '../../../core/index.ts'
import type { Calibration, Preference } from '../../../optimize/index.ts'

/** Of the command, as commander gives them. */
export interface Options {
  readonly output: string
  readonly auto?: boolean
  readonly try: readonly string[]
  readonly prefer: Preference
  readonly gate?: readonly string[]
  readonly folder: string
  readonly data?: string
  readonly simplify?: boolean
  readonly constantInputs?: boolean
  readonly int8?: boolean
  readonly int8Static?: boolean
  readonly calibrate: Calibration
  readonly samples: number
  readonly symmetric?: boolean
  readonly int4?: boolean
  readonly int8Blocks?: boolean
  readonly fp16?: boolean
  readonly fp16Weights?: boolean
  readonly bf16Weights?: boolean
  readonly withSteps?: boolean
  readonly uint8?: boolean
  readonly perChannel: boolean
  readonly reduceRange?: boolean
  readonly block: number
  readonly asymmetric?: boolean
  readonly accuracyLevel: 0 | 1 | 2 | 3 | 4
  readonly keep: readonly string[]
  readonly shape: ReadonlyMap<string, readonly number[]>
  readonly threads: number
  readonly measure: boolean
  readonly maxMemory?: Bytes
  readonly force?: boolean
  readonly json?: boolean
}
