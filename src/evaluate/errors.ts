import { BallastError } from '../core/index.ts'

export type EvaluateErrorCode =
  /** A gate that can't be read: unknown metric, wrong unit, unknown words. */
  | 'GATE_INVALID'
  /** Two evaluations of different data can't be compared example by example. */
  | 'EVALUATIONS_DIFFER'
  /** No reader for a data set of this name or form. */
  | 'DATASET_UNSUPPORTED'
  /** The field of examples or of truths is not there, or can't be guessed. */
  | 'DATASET_FIELD_MISSING'
  /** More examples than truths, or the other way round. */
  | 'DATASET_LENGTHS_DIFFER'
  /** A truth that is no class of the model, or no number. */
  | 'DATASET_LABEL_RANGE'
  /** Examples that are not of the form that the model's input takes. */
  | 'DATASET_UNFIT'
  /** More examples, or larger ones, than an evaluation keeps. */
  | 'DATASET_LIMIT'
  /** No example at all. */
  | 'DATASET_EMPTY'

export class EvaluateError extends BallastError<EvaluateErrorCode> {}
