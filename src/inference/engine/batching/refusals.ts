import type { Milliseconds } from '../../../core/index.ts'
import { InferenceError } from '../../errors.ts'

/** Seconds, whole, as `Retry-After` takes them; an hour is as good as never. */
const MAX_RETRY_AFTER = 3600

/** When to come again: once `ms` are over. */
function comeAgain(ms: Milliseconds): Readonly<Record<string, unknown>> {
  const seconds = Math.min(MAX_RETRY_AFTER, Math.max(1, Math.ceil(ms / 1000)))
  return { headers: { 'retry-after': String(seconds) } }
}

export function queueFull(waiting: number, backlogMs: Milliseconds): InferenceError {
  return new InferenceError('QUEUE_FULL', {
    message: `${waiting} requests wait for this replica already: about ${Math.round(backlogMs)} ms of work`,
    hint: 'Try again after Retry-After, or give the model more replicas.',
    details: comeAgain(backlogMs),
  })
}

/** Told at once: by what was learnt it would wait in vain. */
export function lateByThen(left: Milliseconds, needed: Milliseconds): InferenceError {
  return new InferenceError('DEADLINE_EXCEEDED', {
    message: `The request has ${Math.round(left)} ms, and what is ahead of it takes about ${Math.round(needed)} ms`,
    hint: 'Give the request more time, or the model more replicas.',
    details: comeAgain(needed - left),
  })
}

export function tooLate(): InferenceError {
  return new InferenceError('DEADLINE_EXCEEDED', {
    message: 'The deadline passed before the model was free',
    hint: 'Give the request more time, or the model more replicas.',
  })
}
