import { BallastError } from '../core/index.ts'

export type ServerErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'CSRF_MISMATCH'
  | 'RATE_LIMITED'
  | 'NOT_FOUND'
  | 'REQUEST_INVALID'
  | 'STATE_CONFLICT'
  | 'LEASE_LOST'
  | 'LOG_GAP'
  /** No byte of a file is in the range that was asked for. */
  | 'RANGE_UNSATISFIABLE'
  | 'ARTIFACTS_EXPIRED'
  | 'GATEWAY_UNREACHABLE'
  | 'PORT_IN_USE'
  | 'ADDRESS_UNUSABLE'
  | 'DATA_FOLDER_UNUSABLE'
  | 'VAULT_SEALED'
  | 'SECRET_MISSING'
  | 'INPUT_MISSING'
  | 'OUTBOUND_REFUSED'
  | 'OUTBOUND_FAILED'

export class ServerError extends BallastError<ServerErrorCode> {}

export function notFound(what: string, name: string): ServerError {
  return new ServerError('NOT_FOUND', {
    message: `There is no ${what} '${name}', or it is not yours to see`,
    hint: 'Check the name, and that your token reaches its project.',
  })
}

export function conflict(message: string, hint: string): ServerError {
  return new ServerError('STATE_CONFLICT', { message, hint })
}
