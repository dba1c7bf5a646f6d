import { BallastError } from '../core/index.ts'

/** ILLEGAL_TRANSITION: a step that the transition table of that thing does not have. */
export type PipelineErrorCode = 'ILLEGAL_TRANSITION'

export class PipelineError extends BallastError<PipelineErrorCode> {}
