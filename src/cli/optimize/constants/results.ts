import type { OnnxDtype } from '../../../formats/index.ts'

/** Files in the folder of one computation. */
export const MODEL_FILE = 'constants.onnx'
export const DATA_FILE = 'results.data'

export interface ConstantsRequest {
  /** Where the graph is, and where results go. */
  readonly folder: string
}

/** Where an output stands in the file of elements. */
export interface Result {
  readonly name: string
  readonly dtype: OnnxDtype
  readonly shape: readonly number[]
  readonly offset: number
  readonly bytes: number
}
