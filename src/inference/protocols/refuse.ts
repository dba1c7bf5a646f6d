import { InferenceError } from '../errors.ts'

const DEFAULT_HINT = 'See the Open Inference Protocol, version 2; GET /v2/models/<model> shows the inputs.'

/** REQUEST_INVALID: what the client sent is not what the protocol or the model takes. */
export function refuse(message: string, hint: string = DEFAULT_HINT): InferenceError {
  return new InferenceError('REQUEST_INVALID', { message, hint })
}
