import { type Failures, failuresOf } from '../errors.ts'

/** TensorFlow Lite's interpreter has eight; other runtimes more. */
export const MAX_RANK = 64
/** Graphs of one model: branches, bodies of loops, functions. */
export const MAX_SUBGRAPHS = 100_000

export const fail: Failures = failuresOf('TensorFlow Lite', 'Convert the model again with TensorFlow Lite.')
