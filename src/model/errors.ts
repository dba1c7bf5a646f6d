import { BallastError } from '../core/index.ts'

export type ModelErrorCode =
  /** The runtime could not load the file; the message holds its reason. */
  | 'MODEL_UNLOADABLE'
  /** A named input or output that the model does not have, or a choice that only the configuration can make. */
  | 'PORT_UNKNOWN'
  | 'INPUT_MISSING'
  | 'INPUT_SHAPE'
  | 'INPUT_DTYPE'
  /** The runtime failed during a run. */
  | 'RUN_FAILED'
  /** A run after `close`. */
  | 'SESSION_CLOSED'
  /** An output that does not have the form its task needs: too few scores, NaN, no row for each example. */
  | 'OUTPUT_INVALID'
  /** Preprocessing steps that make no sense together. */
  | 'PREPROCESS_INVALID'
  /** An image that could not be decoded. */
  | 'IMAGE_UNREADABLE'
  /** An image over the limits on bytes or pixels. */
  | 'IMAGE_TOO_LARGE'
  /** Columns that make no sense together, or that do not fill the model's inputs. */
  | 'COLUMNS_INVALID'
  /** An example whose shape or type the preprocessing can't take, or a row that the columns can't. */
  | 'EXAMPLE_INVALID'

export class ModelError extends BallastError<ModelErrorCode> {}
