import { BallastError } from '../core/index.ts'

export type InferenceErrorCode =
  // frames
  /** Bytes on a replica's socket that are no frame. */
  | 'FRAME_INVALID'
  | 'FRAME_TOO_LARGE'
  /** The replica went away before it answered: the request may be sent to another one. */
  | 'REPLICA_LOST'
  // predictions
  | 'REQUEST_INVALID'
  | 'BODY_TOO_LARGE'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'ROUTE_UNKNOWN'
  | 'METHOD_NOT_ALLOWED'
  | 'MODEL_UNKNOWN'
  | 'VERSION_UNKNOWN'
  | 'DEADLINE_EXCEEDED'
  | 'REQUEST_CANCELED'
  /** The client stopped sending. */
  | 'REQUEST_TIMEOUT'
  /** More requests a second than the token or the route may have. */
  | 'RATE_LIMITED'
  /** The requests of this day or month are used up. */
  | 'QUOTA_EXCEEDED'
  | 'QUEUE_FULL'
  | 'NO_REPLICA'
  | 'INFERENCE_FAILED'
  // processes
  | 'PORT_IN_USE'
  | 'TLS_INVALID'
  | 'TELEMETRY_INVALID'
  | 'SPEC_INVALID'
  | 'MODEL_UNFIT'
  | 'PARITY_MISMATCH'
  | 'BLOB_UNAVAILABLE'
  | 'BLOB_MISMATCH'
  | 'CONTROL_PLANE_UNAVAILABLE'

export class InferenceError extends BallastError<InferenceErrorCode> {}

/** What a prediction's client gets for each code. */
const STATUS: Readonly<Record<InferenceErrorCode, number>> = {
  FRAME_INVALID: 502,
  FRAME_TOO_LARGE: 502,
  REPLICA_LOST: 502,
  REQUEST_INVALID: 400,
  BODY_TOO_LARGE: 413,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  ROUTE_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  MODEL_UNKNOWN: 404,
  VERSION_UNKNOWN: 404,
  DEADLINE_EXCEEDED: 504,
  REQUEST_CANCELED: 499,
  REQUEST_TIMEOUT: 408,
  RATE_LIMITED: 429,
  QUOTA_EXCEEDED: 429,
  QUEUE_FULL: 503,
  NO_REPLICA: 503,
  INFERENCE_FAILED: 500,
  PORT_IN_USE: 500,
  TLS_INVALID: 500,
  TELEMETRY_INVALID: 500,
  SPEC_INVALID: 500,
  MODEL_UNFIT: 500,
  PARITY_MISMATCH: 500,
  BLOB_UNAVAILABLE: 503,
  BLOB_MISMATCH: 500,
  CONTROL_PLANE_UNAVAILABLE: 503,
}

/** HTTP status of an error; 500 for what is not ours. */
export function statusOf(error: unknown): number {
  return error instanceof InferenceError ? STATUS[error.code] : 500
}

/** Code of an error; INTERNAL for what is not ours. */
export function codeOf(error: unknown): InferenceErrorCode | 'INTERNAL' {
  return error instanceof InferenceError ? error.code : 'INTERNAL'
}

/** Headers that an error's answer has beside its body: when to come again, how much is left. */
export function headersOf(error: unknown): Readonly<Record<string, string>> {
  const headers = error instanceof InferenceError ? error.details['headers'] : undefined
  return typeof headers === 'object' && headers !== null ? (headers as Readonly<Record<string, string>>) : {}
}

/** Body of an error answer: the protocol's `error`, and what Ballast adds. */
export function errorBody(error: unknown): string {
  if (!(error instanceof InferenceError)) {
    return JSON.stringify({ error: 'The prediction failed inside the server', code: 'INTERNAL' })
  }
  return JSON.stringify({ error: error.message, code: error.code, hint: error.hint })
}
