import { InferenceError } from '../errors.ts'

const DEFAULT_HINT = 'See the Open Inference Protocol, version 2; GET /v2/models/<model> shows the inputs.'

/** More of what was found helps nobody, and goes into logs. */
const MAX_SHOWN = 100

/** What was found, for a message. */
export function shown(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, MAX_SHOWN)
}

/** REQUEST_INVALID: what the client sent is not what the protocol or the model takes. */
export function refuse(message: string, hint: string = DEFAULT_HINT): InferenceError {
  return new InferenceError('REQUEST_INVALID', { message, hint })
}
