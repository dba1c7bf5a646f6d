import { type Failures, FormatsError, type FormatsErrorCode, failuresOf } from '../errors.ts'
import type { WireFailures } from '../protobuf/wire.ts'

/** The ways in which reading one of TensorFlow's formats fails, at a place of ours or in the middle of protobuf. */
export interface TensorflowFailures extends Failures {
  readonly wire: WireFailures
}

export function tensorflowFailures(format: string, again: string): TensorflowFailures {
  const wire =
    (code: FormatsErrorCode, hint: string): WireFailures['malformed'] =>
    (message, init) =>
      new FormatsError(code, {
        hint,
        ...init,
        message: `${format}: ${message}`,
        details: { format, ...init?.details },
      })
  return {
    ...failuresOf(format, again),
    wire: {
      truncated: wire('FORMAT_TRUNCATED', 'The file is truncated: fetch or write it again.'),
      malformed: wire('FORMAT_MALFORMED', again),
      overLimit: wire('FORMAT_LIMIT', 'No real model needs as much; check where the file comes from.'),
    },
  }
}
