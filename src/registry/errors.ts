import { BallastError } from '../core/index.ts'

export type RegistryErrorCode =
  /** Bytes are not those that their digest names: a broken transfer, or a damaged store. */
  | 'BLOB_DIGEST_MISMATCH'
  | 'BLOB_TOO_LARGE'
  | 'BLOB_NOT_FOUND'
  | 'VERSION_NOT_FOUND'
  /** Another project registered this name first. */
  | 'MODEL_OWNED_ELSEWHERE'
  | 'MANIFEST_INVALID'

export class RegistryError extends BallastError<RegistryErrorCode> {}
