import type { OnnxModel, OnnxTensor } from '../../../formats/index.ts'

/** A port: runs graphs that have no inputs, in a process of its own. A runtime that aborts costs one such graph. */
export interface Computer {
  /**
   * The outputs of a graph of constants, by name; undefined where the runtime can't run it, or took too long. Their
   * elements can be read until the computer is closed.
   */
  compute(model: OnnxModel): Promise<ReadonlyMap<string, OnnxTensor> | undefined>
}
