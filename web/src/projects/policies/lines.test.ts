import { expect, test } from 'vitest'
import type { PolicyView } from '../../../../src/api/views.ts'
import { formatter } from '../../i18n/format.ts'
import { translator } from '../../i18n/translate.ts'
import { policyLines } from './lines.ts'

const DEFAULT: PolicyView = {
  environment: 'production',
  branches: ['main'],
  gates: [],
  maxFirstStep: 0.25,
  predictions: 'token',
}
const told = (policy: PolicyView) =>
  Object.fromEntries(
    policyLines(policy, translator('en'), formatter('en')).map(({ name, values }) => [name, values]),
  )

test('of a default policy it is told what nobody asked for, too', () => {
  expect(told(DEFAULT)).toEqual({
    Branches: ['main'],
    Approval: ['none'],
    Gates: ['none'],
    'First step': ['at most 25%'],
    Frozen: ['none'],
    'Only within': ['none'],
    Predictions: ['need a token'],
    'Limits for all callers': ['none'],
  })
})

test('all that can be set is told', () => {
  expect(
    told({
      ...DEFAULT,
      approvers: 'admin',
      approval: { byOthers: true, expiresMs: 3_600_000 },
      from: 'staging',
      gates: ['accuracy >= 0.97'],
      predictions: 'public',
      limits: {
        rate: { perSecond: 50, burst: 100 },
        quota: { requests: 10_000, per: 'day' },
        priority: 5,
      },
      calendar: { freeze: ['Fri 18:00 - Mon 08:00'], schedule: ['Mon-Fri 09:00 - 17:00'] },
    }),
  ).toMatchObject({
    Approval: ['of an admin', 'of somebody else than who pushed', 'expires after 1 hr'],
    'Promoted before in': ['staging'],
    Gates: ['accuracy >= 0.97'],
    Frozen: ['Fri 18:00 - Mon 08:00'],
    'Only within': ['Mon-Fri 09:00 - 17:00'],
    Predictions: ['need no token'],
    'Limits for all callers': ['50 requests/s, 100 at once', '10,000 requests a day', 'no priority before 5'],
  })
})
