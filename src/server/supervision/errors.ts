import { BallastError } from '../../core/index.ts'

/**
 * ALREADY_RUNNING: another `ballast up`, or another process of that role, holds this data folder.
 * ROLE_FAILED: a process did not come up. STOPPED: it was asked to stop before it was up.
 */
export type SupervisionErrorCode = 'ALREADY_RUNNING' | 'ROLE_FAILED' | 'STOPPED'

export class SupervisionError extends BallastError<SupervisionErrorCode> {}
