import { BallastError } from '../core/index.ts'

/** SERVER_UNREACHABLE, ANSWER_INVALID: made here. Any other code is the server's own, passed on. */
export class ApiError extends BallastError {}
