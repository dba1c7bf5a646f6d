import { describe, expect, test } from 'vitest'
import { PipelineError } from './errors.ts'
import {
  ATTEMPT_TRANSITIONS,
  assertTransition,
  hasEnded,
  JOB_TRANSITIONS,
  type JobState,
  mayMove,
  PIPELINE_TRANSITIONS,
  PUSH_TRANSITIONS,
} from './states.ts'

describe('assertTransition', () => {
  test('lets a step of the table pass', () => {
    expect(() => assertTransition(JOB_TRANSITIONS, 'blocked', 'ready')).not.toThrow()
  })
  test('refuses any other, and says where it goes from there', () => {
    const step = () => assertTransition(JOB_TRANSITIONS, 'blocked', 'succeeded')
    expect(step).toThrow(PipelineError)
    expect(step).toThrow(
      'from blocked to succeeded; from blocked it goes to ready, waiting, running, skipped, canceled',
    )
    expect(step).toThrow(expect.objectContaining({ code: 'ILLEGAL_TRANSITION' }))
  })
  test('refuses a state that the table does not have, even one that every object has', () => {
    expect(() => assertTransition(JOB_TRANSITIONS, 'constructor' as JobState, 'ready')).toThrow(PipelineError)
  })
})

describe.each([
  ['push', PUSH_TRANSITIONS],
  ['pipeline', PIPELINE_TRANSITIONS],
  ['job', JOB_TRANSITIONS],
  ['attempt', ATTEMPT_TRANSITIONS],
] as const)('the table of a %s', (_, table: Readonly<Record<string, readonly string[]>>) => {
  test('leads only to states that it has, and reaches every one from the first', () => {
    const [first] = Object.keys(table)
    const reached = new Set([first!])
    for (const state of reached) for (const next of table[state]!) reached.add(next)
    expect([...reached].sort()).toEqual(Object.keys(table).sort())
  })
})

test('a job that ended moves only by being tried again', () => {
  for (const [state, steps] of Object.entries(JOB_TRANSITIONS)) {
    if (hasEnded(state as JobState)) expect(steps).toEqual(['ready', 'blocked'])
    else expect(steps).toContain('canceled')
  }
})

test('an attempt that ended stays as it is', () => {
  expect(mayMove(ATTEMPT_TRANSITIONS, 'lost', 'succeeded')).toBe(false)
})
