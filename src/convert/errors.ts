import { BallastError, type ErrorInit } from '../core/index.ts'

export type ConvertErrorCode =
  /** A format that has no graph, or one that is not converted; the message says which are. */
  | 'CONVERT_FORMAT'
  /** Layers, ops or estimators that have no ONNX form here: all of them, with counts and where. */
  | 'CONVERT_UNSUPPORTED'
  /** Parts of a model contradict each other: a missing variable, shapes that don't fit, a cycle. */
  | 'CONVERT_INVALID'
  /** Over a limit on nodes, depth or memory. */
  | 'CONVERT_LIMIT'
  /** The scanner did not find the model safe. */
  | 'CONVERT_UNSAFE'
  /** Samples that don't fit the model: names, types, sizes. */
  | 'CONVERT_SAMPLES'

export class ConvertError extends BallastError<ConvertErrorCode> {}

export type ConvertFailing = (message: string, init?: Partial<ErrorInit>) => ConvertError

/** Errors of one converter, with its usual advice. */
export function failing(code: ConvertErrorCode, hint: string): ConvertFailing {
  return (message, init) => new ConvertError(code, { hint, ...init, message })
}
