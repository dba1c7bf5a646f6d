import { BallastError } from '../core/index.ts'

export type OptimizeErrorCode =
  /** The model has something that would be wrong after the change; the original is as it was. */
  | 'OPTIMIZE_UNSUPPORTED'
  /** There is nothing in the model that the change is for. */
  | 'OPTIMIZE_NOTHING'
  /** No sample, or values that are none. */
  | 'CALIBRATION_FAILED'

export class OptimizeError extends BallastError<OptimizeErrorCode> {}
