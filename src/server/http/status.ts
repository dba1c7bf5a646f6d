import { BallastError } from '../../core/index.ts'

/**
 * HTTP status of every error code that can reach a caller; any other is a 500 whose text stays in the log.
 * docs/errors.md shows this table, and a test holds the two together.
 */
export const STATUS: Readonly<Record<string, number>> = {
  UNIT_INVALID: 400,
  RANGE_OUT_OF_BOUNDS: 400,
  PATH_ESCAPES: 400,
  FILE_UNREADABLE: 404,
  DISK_FULL: 507,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  CSRF_MISMATCH: 403,
  RATE_LIMITED: 429,
  NOT_FOUND: 404,
  REQUEST_INVALID: 400,
  STATE_CONFLICT: 409,
  LEASE_LOST: 409,
  LOG_GAP: 416,
  ARTIFACTS_EXPIRED: 410,
  GATEWAY_UNREACHABLE: 502,
  OUTBOUND_REFUSED: 400,
  OUTBOUND_FAILED: 502,
  BLOB_NOT_FOUND: 404,
  BLOB_DIGEST_MISMATCH: 422,
  BLOB_TOO_LARGE: 413,
  VERSION_NOT_FOUND: 404,
  MODEL_OWNED_ELSEWHERE: 409,
  MANIFEST_INVALID: 422,
  PROJECT_EXISTS: 409,
  PROJECT_NAME_INVALID: 400,
  PRINCIPAL_EXISTS: 409,
  GATE_INVALID: 400,
  ILLEGAL_TRANSITION: 409,
  ROLLOUT_ENDED: 409,
  ROLLOUT_EVENT_ILLEGAL: 409,
  ROLLOUT_STRATEGY_INVALID: 400,
  ROLLOUT_COUNTS_INVALID: 400,
  COMMIT_UNKNOWN: 404,
  REPOSITORY_EXISTS: 409,
  DATABASE_BUSY: 503,
  CONSTRAINT_VIOLATED: 409,
}

export function statusOf(error: unknown): number {
  if (error instanceof BallastError) return STATUS[error.code] ?? 500
  return 500
}
