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
  /** No format is recognised in the bytes, or not the one that was asked for. */
  | 'FORMAT_UNKNOWN'
  /** A file of a known format ends before its content does. */
  | 'FORMAT_TRUNCATED'
  /** Parts of a file contradict each other or the format's specification. */
  | 'FORMAT_MALFORMED'
  /** Over a limit on depth, counts, lengths or expansion. */
  | 'FORMAT_LIMIT'
  /** Well-formed, and of a kind that is not read. */
  | 'FORMAT_UNSUPPORTED'
  /** A file names another one outside its folder. */
  | 'FORMAT_PATH'
  /** There is no tensor of that name. */
  | 'TENSOR_MISSING'
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

export type Failing = (message: string, init?: Partial<ErrorInit>) => FormatsError

/** Makes errors of one reader, each with that reader's usual advice. */
export function failing(code: FormatsErrorCode, hint: string): Failing {
  return (message, init) => new FormatsError(code, { hint, ...init, message })
}

/** Where in a file something is wrong. */
export interface Place {
  readonly name: string
  /** In bytes from the start of the file (or entry) `name`. */
  readonly offset?: number
}

export type PlacedFailing = (place: Place, message: string, init?: Partial<ErrorInit>) => FormatsError

/** The ways in which reading one format fails; each error names format, file and byte. */
export interface Failures {
  readonly truncated: PlacedFailing
  readonly malformed: PlacedFailing
  readonly limit: PlacedFailing
  readonly unsupported: PlacedFailing
  readonly path: PlacedFailing
}

/**
 * The errors of a format, named as people call it.
 *
 *   const fail = failuresOf('safetensors', 'Save it again with safetensors.')
 *   throw fail.malformed({ name, offset: 8 }, 'the header is no JSON object')
 *   // weights.safetensors, byte 8: safetensors: the header is no JSON object
 */
export function failuresOf(format: string, again: string): Failures {
  const make =
    (code: FormatsErrorCode, hint: string): PlacedFailing =>
    ({ name, offset }, message, init) =>
      new FormatsError(code, {
        hint,
        ...init,
        message: `${name}${offset === undefined ? '' : `, byte ${offset}`}: ${format}: ${message}`,
        details: { format, file: name, ...(offset !== undefined && { offset }), ...init?.details },
      })
  return {
    truncated: make('FORMAT_TRUNCATED', 'The file is truncated: fetch or write it again.'),
    malformed: make('FORMAT_MALFORMED', again),
    limit: make('FORMAT_LIMIT', 'No real model needs as much; check where the file comes from.'),
    unsupported: make('FORMAT_UNSUPPORTED', again),
    path: make('FORMAT_PATH', 'Keep the files of a model in one folder, under plain relative names.'),
  }
}
