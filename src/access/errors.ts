import { BallastError } from '../core/index.ts'

export type AccessErrorCode =
  | 'PROJECT_EXISTS'
  | 'PROJECT_NAME_INVALID'
  /** The name of a person, service or agent is taken. */
  | 'PRINCIPAL_EXISTS'

export class AccessError extends BallastError<AccessErrorCode> {}
