import { BallastError } from '../core/index.ts'

export type OptimizeErrorCode =
  /** The model has something that would be wrong after the change; the original is as it was. */
  | 'OPTIMIZE_UNSUPPORTED'
  /** There is nothing in the model that the change is for. */
  | 'OPTIMIZE_NOTHING'

export class OptimizeError extends BallastError<OptimizeErrorCode> {}
