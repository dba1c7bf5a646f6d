import { expect, test } from 'vitest'
import { advance } from './advance.ts'
import { aCanary, aRollout, NOON } from './testing.ts'

test('why somebody promoted it stands behind who did', () => {
  const { reason } = advance(aCanary(), { kind: 'promote', by: 'ada', reason: 'the fair begins' }, NOON)
  expect(reason).toMatch(/^Promoted by ada at .*before the analysis had passed: the fair begins$/)
})

test('why somebody rolled back stands behind what was checked', () => {
  const rollback = aRollout({ phase: 'preparing', strategy: { kind: 'immediate', why: 'callers complain' } })
  expect(advance(rollback, { kind: 'replicas-ready' }, NOON)).toMatchObject({
    phase: 'promoted',
    reason: 'Promoted at once after warm-up and parity check: callers complain',
  })
  const silent = aRollout({ phase: 'preparing', strategy: { kind: 'immediate' } })
  expect(advance(silent, { kind: 'replicas-ready' }, NOON).reason).toBe(
    'Promoted at once after warm-up and parity check',
  )
})
