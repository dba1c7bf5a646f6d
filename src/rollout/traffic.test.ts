import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { VersionId } from '../core/index.ts'
import { trafficOf } from './index.ts'

const stable = 'ver_stable' as VersionId

test.each([
  { weight: 0.01, canary: 0.01, baseline: 0.01, rest: 0.98 },
  { weight: 0.05, canary: 0.05, baseline: 0.05, rest: 0.9 },
  { weight: 0.25, canary: 0.25, baseline: 0.25, rest: 0.5 },
  { weight: 0.5, canary: 0.5, baseline: 0.5, rest: 0 },
  { weight: 0.8, canary: 0.8, baseline: 0.2, rest: 0 },
  { weight: 0.99, canary: 0.99, baseline: 0.01, rest: 0 },
])('at $weight: canary $canary, baseline $baseline, stable $rest', ({ weight, canary, baseline, rest }) => {
  const traffic = trafficOf({ phase: 'progressing', weight, stable })
  expect(traffic.canary).toBeCloseTo(canary, 12)
  expect(traffic.baseline).toBeCloseTo(baseline, 12)
  expect(traffic.stable).toBeCloseTo(rest, 12)
})

test('the parts are never negative and sum to one', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), weight => {
      const parts = Object.values(trafficOf({ phase: 'progressing', weight, stable }))
      expect(Math.min(...parts)).toBeGreaterThanOrEqual(0)
      expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 12)
    }),
  )
})

test.each([
  { phase: 'queued', weight: 0, takes: 'stable' },
  { phase: 'preparing', weight: 0, takes: 'stable' },
  { phase: 'promoted', weight: 1, takes: 'canary' },
  { phase: 'aborted', weight: 0, takes: 'stable' },
] as const)('$phase: $takes takes all', ({ phase, weight, takes }) => {
  expect(trafficOf({ phase, weight, stable })).toEqual({ canary: 0, baseline: 0, stable: 0, [takes]: 1 })
})

test('a first version that still loads: nothing takes traffic', () => {
  expect(trafficOf({ phase: 'preparing', weight: 0 })).toEqual({ canary: 0, baseline: 0, stable: 0 })
})
