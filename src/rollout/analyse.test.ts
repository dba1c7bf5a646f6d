import { describe, expect, test } from 'vitest'
import { type ArmCounts, analyse, latencyBucket, NO_COUNTS } from './index.ts'
import { SimulatedArm, SPEC } from './testing.ts'

const healthy = (requests: number, seed = 1): ArmCounts => new SimulatedArm(seed).serve(requests)
const withErrors = (requests: number, errors: number): ArmCounts => {
  const served = requests - errors
  return { requests, errors, latency: served > 0 ? { [latencyBucket(2000)]: served } : {} }
}

describe('no data is never a pass', () => {
  test('nothing was asked yet', () => {
    const { verdict, requestsMissing, metrics } = analyse(NO_COUNTS, NO_COUNTS, SPEC, 3)
    expect(verdict).toBe('inconclusive')
    expect(metrics.map(metric => metric.verdict)).toEqual(['inconclusive', 'inconclusive'])
    expect(requestsMissing).toBeGreaterThan(250)
    expect(requestsMissing).toBeLessThan(500)
  })

  test('the canary has plenty, the baseline nothing', () => {
    expect(analyse(healthy(5000), NO_COUNTS, SPEC, 1).verdict).toBe('inconclusive')
    expect(analyse(NO_COUNTS, healthy(5000), SPEC, 1).verdict).toBe('inconclusive')
  })

  test('fewer than the least requests do not pass, however good', () => {
    const spec = { ...SPEC, errorMargin: 0.2, latencyQuantile: 0.5, minRequests: 200 }
    const few = analyse(healthy(199, 1), healthy(199, 2), spec, 1)
    expect(few.metrics.map(metric => metric.verdict)).toEqual(['passed', 'passed'])
    expect(few).toMatchObject({ verdict: 'inconclusive', requestsMissing: 1 })
    expect(analyse(healthy(200, 1), healthy(200, 2), spec, 1).verdict).toBe('passed')
  })

  test('both arms fail alike: no worse, but nothing that could be promoted', () => {
    const all = withErrors(3000, 3000)
    expect(analyse(all, all, SPEC, 1).verdict).toBe('inconclusive')
  })
})

test('a canary that fails every request fails, though it has no latency, and before the least requests', () => {
  const { verdict, metrics } = analyse(withErrors(20, 20), withErrors(20, 0), SPEC, 3)
  expect(verdict).toBe('failed')
  expect(metrics.map(metric => metric.verdict)).toEqual(['failed', 'inconclusive'])
})

test.each([
  { canary: [400, 0], baseline: [400, 0], verdict: 'passed' },
  { canary: [300, 0], baseline: [300, 0], verdict: 'inconclusive' },
  { canary: [4000, 8], baseline: [4000, 8], verdict: 'passed' },
  { canary: [200, 24], baseline: [200, 0], verdict: 'failed' },
  { canary: [200, 2], baseline: [200, 0], verdict: 'inconclusive' },
  { canary: [20_000, 2400], baseline: [20_000, 2400], verdict: 'inconclusive' },
  { canary: [90_000, 10_800], baseline: [90_000, 10_800], verdict: 'passed' },
  { canary: [90_000, 12_000], baseline: [90_000, 10_000], verdict: 'failed' },
  // Within the margin: worse beyond doubt, but by as much as was declared tolerable.
  { canary: [90_000, 500], baseline: [90_000, 90], verdict: 'passed' },
] as const)('errors $canary against $baseline: $verdict', ({ canary, baseline, verdict }) => {
  const [errors] = analyse(
    withErrors(canary[0], canary[1]),
    withErrors(baseline[0], baseline[1]),
    SPEC,
    3,
  ).metrics
  expect(errors?.verdict).toBe(verdict)
})

test('the summary has the figures', () => {
  const [errors, latency] = analyse(withErrors(400, 48), withErrors(1000, 1), SPEC, 3).metrics
  expect(errors?.summary).toMatch(
    /^errors 12 % vs 0\.1 % at baseline: \+11\.9 % \[\+\d+\.?\d* %, \+\d+\.?\d* %\], allowed < 1 %: failed$/,
  )
  expect(latency?.summary).toMatch(
    /^latency_p95 1\.99 ms vs 1\.99 ms at baseline: \+0 % \[.*\], allowed < 50 %: passed$/,
  )
})

test('intervals are finite even without data, so that JSON can hold them', () => {
  for (const { interval } of analyse(NO_COUNTS, healthy(10), SPEC, 1).metrics)
    expect(interval.every(Number.isFinite)).toBe(true)
})

test('more steps share the rollback budget: each needs stronger evidence', () => {
  const low = (steps: number) =>
    analyse(withErrors(200, 24), withErrors(200, 0), SPEC, steps).metrics[0]!.interval[0]
  expect(low(10)).toBeLessThan(low(1))
})

test.each([
  { slower: 1, verdict: 'passed' },
  { slower: 1.25, verdict: 'passed' },
  { slower: 2, verdict: 'failed' },
  { slower: 5, verdict: 'failed' },
])(
  'latency $slower times the baseline with a margin of 50 %, 4000 requests: $verdict',
  ({ slower, verdict }) => {
    const canary = new SimulatedArm(3, { median: 2000 * slower }).serve(4000)
    const [, latency] = analyse(canary, healthy(4000, 4), SPEC, 3).metrics
    expect(latency?.verdict).toBe(verdict)
    expect(latency?.interval[0]).toBeLessThan(slower - 1)
    expect(latency?.interval[1]).toBeGreaterThan(slower - 1)
  },
)

test('the estimate of what is missing is right within a factor of two', () => {
  const spec = { ...SPEC, errorMargin: 0.02 }
  const arms = [new SimulatedArm(5, { errorRate: 0.005 }), new SimulatedArm(6, { errorRate: 0.005 })] as const
  const early = analyse(arms[0].serve(300), arms[1].serve(300), spec, 1)
  expect(early.verdict).toBe('inconclusive')
  let requests = 300
  while (requests < 10_000) {
    requests += 20
    if (analyse(arms[0].serve(20), arms[1].serve(20), spec, 1).verdict === 'passed') break
  }
  const estimate = 300 + early.requestsMissing!
  expect(estimate / requests).toBeGreaterThan(0.5)
  expect(estimate / requests).toBeLessThan(2)
})
