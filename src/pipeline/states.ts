import { PipelineError } from './errors.ts'

/**
 * States of the long-lived things and the only steps between them. docs/architecture.md draws these tables,
 * and a test holds the drawing against them.
 */

/** received: journalled by pre-receive. accepted: refs moved, pipelines made. refused: refs did not move. */
export const PUSH_STATES = ['received', 'accepted', 'refused'] as const
export type PushState = (typeof PUSH_STATES)[number]

export const PIPELINE_STATES = ['running', 'succeeded', 'failed', 'canceled'] as const
export type PipelineState = (typeof PIPELINE_STATES)[number]

/**
 * blocked: what it waits for has not ended. ready: a runner may claim it. waiting: for a person (approval, a manual
 * job), for its time (a delayed one) or for evidence (a canary without traffic). errored: it could not be tried;
 * failed: it was tried and is no good.
 */
export const JOB_STATES = [
  'blocked',
  'ready',
  'running',
  'waiting',
  'succeeded',
  'failed',
  'errored',
  'canceled',
  'skipped',
] as const
export type JobState = (typeof JOB_STATES)[number]

/** leased: given to a runner. running: its process started. lost: its lease ended without a word. */
export const ATTEMPT_STATES = [
  'leased',
  'running',
  'succeeded',
  'failed',
  'errored',
  'canceled',
  'lost',
] as const
export type AttemptState = (typeof ATTEMPT_STATES)[number]

export type Transitions<State extends string> = Readonly<Record<State, readonly State[]>>

export const PUSH_TRANSITIONS: Transitions<PushState> = {
  received: ['accepted', 'refused'],
  accepted: [],
  refused: [],
}

export const PIPELINE_TRANSITIONS: Transitions<PipelineState> = {
  running: ['succeeded', 'failed', 'canceled'],
  // A retried job sets its ended pipeline going again.
  succeeded: ['running'],
  failed: ['running'],
  canceled: ['running'],
}

export const JOB_TRANSITIONS: Transitions<JobState> = {
  blocked: ['ready', 'waiting', 'running', 'skipped', 'canceled'],
  ready: ['running', 'canceled', 'errored'],
  running: ['waiting', 'succeeded', 'failed', 'errored', 'canceled', 'ready'],
  waiting: ['ready', 'running', 'succeeded', 'failed', 'errored', 'canceled'],
  succeeded: ['ready', 'blocked'],
  failed: ['ready', 'blocked'],
  errored: ['ready', 'blocked'],
  canceled: ['ready', 'blocked'],
  skipped: ['ready', 'blocked'],
}

export const ATTEMPT_TRANSITIONS: Transitions<AttemptState> = {
  leased: ['running', 'succeeded', 'failed', 'errored', 'canceled', 'lost'],
  running: ['succeeded', 'failed', 'errored', 'canceled', 'lost'],
  succeeded: [],
  failed: [],
  errored: [],
  canceled: [],
  lost: [],
}

const ENDED: readonly string[] = ['succeeded', 'failed', 'errored', 'canceled', 'skipped', 'lost']

export function hasEnded(state: JobState | AttemptState | PipelineState): boolean {
  return ENDED.includes(state)
}

export function mayMove<State extends string>(table: Transitions<State>, from: State, to: State): boolean {
  return Object.hasOwn(table, from) && table[from].includes(to)
}

/** Throws ILLEGAL_TRANSITION where `table` has no step between the two. */
export function assertTransition<State extends string>(
  table: Transitions<State>,
  from: State,
  to: State,
): void {
  if (mayMove(table, from, to)) return
  const steps = Object.hasOwn(table, from) ? table[from] : []
  throw new PipelineError('ILLEGAL_TRANSITION', {
    message: `There is no step from ${from} to ${to}; from ${from} it goes to ${steps.join(', ') || 'nowhere'}`,
    hint: 'Read the state again: somebody else has moved it on.',
    details: { from, to },
  })
}
