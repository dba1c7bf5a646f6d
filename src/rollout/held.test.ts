import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Instant, instant, type ProjectId } from '../core/index.ts'
import { type Deployment, heldAt } from './index.ts'
import { NOON, V1, V2 } from './testing.ts'

const deployment: Deployment = {
  project: 'prj_1' as ProjectId,
  model: 'digits',
  environment: 'production',
  stable: V2,
  previous: V1,
  since: NOON,
}
const until = instant(NOON + 60_000)
const held: Deployment = { ...deployment, previousUntil: until }

test.each([
  [deployment, instant(Number.MAX_SAFE_INTEGER), V1],
  [held, NOON, V1],
  [held, instant(until - 1), V1],
  [held, until, undefined],
])('%# the version before is loaded until its hold ends', (before, now, previous) => {
  expect(heldAt(before, now).previous).toBe(previous)
})

test('what serves is never let go, and what was let go does not come back', () => {
  const time = fc.integer({ min: NOON, max: NOON + 120_000 }).map(ms => instant(ms))
  fc.assert(
    fc.property(time, time, (a, b) => {
      const [first, later] = [Math.min(a, b), Math.max(a, b)].map(ms => instant(ms)) as [Instant, Instant]
      const after = heldAt(held, later)
      expect(after.stable).toBe(V2)
      expect(heldAt(heldAt(held, first), later)).toEqual(after)
      if (heldAt(held, first).previous === undefined) expect(after.previous).toBeUndefined()
    }),
  )
})
