import type { Dtype, Tensor } from '../core/index.ts'

/** An input or output of a loaded model; free sizes are names or null. */
export interface SessionPort {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly (number | string | null)[]
}

/** The converted model, loaded: what parity is measured with. */
export interface ConvertedSession {
  readonly inputs: readonly SessionPort[]
  readonly outputs: readonly SessionPort[]
  /** `inputs` may be in another number type than the model's: whoever loads it fits them. */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>
}
