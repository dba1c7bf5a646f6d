import { describe, expect, test } from 'vitest'
import { aJob } from '../test-plans.ts'
import type { PlannedJob } from '../types.ts'
import { type AttemptEnd, outcomeOf } from './outcome.ts'

describe('an attempt that', () => {
  const failed: AttemptEnd = { outcome: 'failed', exitCode: 1, cause: 'script' }
  const when = (
    causes: NonNullable<PlannedJob['retryWhen']>['causes'],
    exitCodes: readonly number[] = [],
  ) => ({
    retries: 2,
    retryWhen: { causes, exitCodes },
  })

  test.each<[string, Partial<PlannedJob>, AttemptEnd, number, string]>([
    ['succeeded', {}, { outcome: 'succeeded' }, 1, 'succeeded'],
    ['was canceled is not tried again', { retries: 2 }, { outcome: 'canceled' }, 1, 'canceled'],
    ['failed without retries', {}, failed, 1, 'failed'],
    ['failed is tried again', { retries: 2 }, failed, 1, 'ready'],
    ['failed is tried again as often as the plan says', { retries: 2 }, failed, 2, 'ready'],
    ['failed is not tried again more often', { retries: 2 }, failed, 3, 'failed'],
    ['could not be tried is tried again', { retries: 1 }, { outcome: 'errored' }, 1, 'ready'],
    ['failed by a cause that is listed', when(['script']), failed, 1, 'ready'],
    ['failed by another cause', when(['runner', 'timeout']), failed, 1, 'failed'],
    ['failed without a cause failed by its script', when(['script']), { outcome: 'failed' }, 1, 'ready'],
    ['errored without a cause', when(['script']), { outcome: 'errored' }, 1, 'errored'],
    ['failed with an exit code that is listed', when([], [1, 137]), failed, 1, 'ready'],
    ['failed with another exit code', when([], [137]), failed, 1, 'failed'],
  ])('%s', (_, plan, end, tries, to) => {
    expect(outcomeOf(aJob('a', [], plan), end, tries)).toEqual({ to, forgiven: false })
  })

  test.each<[string, Partial<PlannedJob>, AttemptEnd, object]>([
    ['may end with its code', { allowFailureExitCodes: [1, 42] }, failed, { to: 'failed', forgiven: true }],
    ['may end with others', { allowFailureExitCodes: [42] }, failed, { to: 'failed', forgiven: false }],
    [
      'ended without a code',
      { allowFailureExitCodes: [1] },
      { outcome: 'errored' },
      { to: 'errored', forgiven: false },
    ],
    ['has a try left', { allowFailureExitCodes: [1], retries: 1 }, failed, { to: 'ready', forgiven: false }],
  ])('%s: forgiven or not', (_, plan, end, expected) => {
    expect(outcomeOf(aJob('a', [], plan), end, 1)).toEqual(expected)
  })
})
