import { BallastError, type ErrorInit } from '../core/index.ts'

export type FormatsErrorCode =
  /** The bytes are something else; the message says what they look like. */
  | 'NOT_ONNX'
  /** The file ends before its content does. */
  | 'ONNX_TRUNCATED'
  /** A model whose parts contradict each other or the specification. */
  | 'ONNX_MALFORMED'
  /** Over a limit on depth, counts or lengths. */
  | 'ONNX_LIMIT'
  /** External data outside the model's folder. */
  | 'ONNX_EXTERNAL_PATH'
  | 'NPY_INVALID'
  /** A well-formed array of a kind that is not read: objects (a pickle), records, complex numbers. */
  | 'NPY_UNSUPPORTED'
  | 'ZIP_INVALID'
  /** Encryption, or a compression other than deflate. */
  | 'ZIP_UNSUPPORTED'
  /** A name that leaves the folder, is absolute or occurs twice. */
  | 'ZIP_NAME'
  | 'ZIP_ENTRY_MISSING'
  | 'IDX_INVALID'
  | 'CSV_INVALID'
  | 'JSONL_INVALID'
  /** Over a limit on the size of data: a bomb, or more than memory is meant to hold. */
  | 'DATA_LIMIT'

export class FormatsError extends BallastError<FormatsErrorCode> {}

/** Makes errors of one reader, each with that reader's usual advice. */
export function failing(
  code: FormatsErrorCode,
  hint: string,
): (message: string, init?: Partial<ErrorInit>) => FormatsError {
  return (message, init) => new FormatsError(code, { hint, ...init, message })
}
