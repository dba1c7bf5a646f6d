import type { Milliseconds, Tensors } from '../../../core/index.ts'
import type { ModelSignature } from '../../../model/index.ts'

/** One run of the model. */
export interface LaneRun {
  /** Of all parts, one behind the other along axis 0. */
  readonly outputs: Tensors
  /** Putting the inputs together, and bringing them to the model. */
  readonly inputMs: Milliseconds
  readonly inferMs: Milliseconds
  readonly outputMs: Milliseconds
  /** For which it kept the caller's thread busy, at one piece. */
  readonly cpuMs: Milliseconds
}

/** A loaded model that computes one run at a time. */
export interface Lane {
  readonly signature: ModelSignature
  /**
   * Runs the parts together, stacked along axis 0; they have the same inputs, types and shapes behind it. The outputs
   * are the caller's: nothing changes them later. Throws ModelError.
   */
  run(parts: readonly Tensors[], outputs?: readonly string[]): Promise<LaneRun>
  /** Returns its memory as far as that goes. */
  close(): Promise<void>
}

export interface LaneOptions {
  /** The ONNX file. */
  readonly modelPath: string
  /** Within one run. */
  readonly threads: number
}
