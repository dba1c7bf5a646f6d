import { failing } from '../errors.ts'

/** Messages within messages. A subgraph (If, Loop) takes four levels; real models nest a handful of those. */
export const MAX_DEPTH = 100
/** Fields that are looked at. A large language model has some 20,000 nodes and 500,000 fields; this takes seconds. */
export const MAX_FIELDS = 20_000_000
/** Names and domains. The longest that exporters write (paths through a module tree) have a few hundred characters. */
export const MAX_STRING_BYTES = 64 * 1024
/** A value of metadata_props: scikit-learn and Ultralytics put JSON there. */
export const MAX_METADATA_BYTES = 1024 * 1024
/** Kept from each list: what a description shows. */
export const MAX_METADATA = 1000
export const MAX_INITIALIZERS = 1_000_000
export const MAX_VALUES = 100_000
export const MAX_OPERATORS = 10_000
/** ONNX states no limit; runtimes stop far below. */
export const MAX_RANK = 64

export const malformed = failing('ONNX_MALFORMED', 'Export the model again, and check it with onnx.checker.')
export const overLimit = failing(
  'ONNX_LIMIT',
  'No real model needs as much; check where the file comes from.',
)
export const truncated = failing('ONNX_TRUNCATED', 'The file is truncated: fetch or export it again.')
