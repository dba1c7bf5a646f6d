import type { ErrorBody } from '../../../src/api/views.ts'

/** What a request came to when it was not answered with what was asked for. `status` 0: no answer at all. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string | undefined

  constructor(status: number, { code, message, hint }: ErrorBody['error']) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.hint = hint
  }
}
