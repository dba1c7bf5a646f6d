import { BallastError } from '../core/index.ts'

export type RolloutErrorCode =
  /** A strategy that can't be followed: no step, a weight outside (0, 1), a margin that is not positive. */
  | 'ROLLOUT_STRATEGY_INVALID'
  /** An event that the rollout's phase does not know, such as promoting what is still queued. */
  | 'ROLLOUT_EVENT_ILLEGAL'
  /** A person's promote or abort came after the end. */
  | 'ROLLOUT_ENDED'
  /** Counts that no gateway can have counted: negative, fractional, more errors than requests. */
  | 'ROLLOUT_COUNTS_INVALID'

export class RolloutError extends BallastError<RolloutErrorCode> {}
