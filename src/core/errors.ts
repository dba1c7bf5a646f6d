/** What every thrown error of Ballast carries. See docs/errors.md for the codes. */
export interface ErrorInit {
  /** Says what happened, with the values: expected, found. Never a secret. */
  readonly message: string
  /** Says what the reader can do now. */
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/**
 * Base of all errors that Ballast throws on purpose. Each part derives one class with its closed set of codes:
 *
 *   export class RegistryError extends BallastError<RegistryErrorCode> {}
 *
 * A failed job or gate is an outcome, and a mistake in somebody's file a `Diagnostic`: neither is thrown.
 */
export class BallastError<Code extends string = string> extends Error {
  readonly code: Code
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: Code, init: ErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.name = new.target.name
    this.code = code
    this.hint = init.hint
    this.details = init.details ?? {}
  }
}

export type CoreErrorCode =
  | 'UNIT_INVALID'
  | 'RANGE_OUT_OF_BOUNDS'
  | 'FILE_UNREADABLE'
  | 'URL_UNREADABLE'
  | 'PATH_ESCAPES'
  | 'DISK_FULL'
  | 'KEY_UNREADABLE'

export class CoreError extends BallastError<CoreErrorCode> {}

/** The `code` of a Node system error (`ENOENT` …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
