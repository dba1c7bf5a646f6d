import { InferenceError } from '../errors.ts'

const DEFAULT_HINT =
  'GET /v2/models/<model> tells the inputs, and /v2/models/<model>/openapi.json has examples of requests.'

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
