import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { latencyBucket } from '../buckets.ts'
import {
  decide,
  type Evidence,
  type EvidenceOf,
  type EvidencePolicy,
  type LookOf,
  type Metric,
  type MetricKind,
  type MetricOf,
  nextStep,
  noEvidence,
  observe,
  verdictOf,
} from './index.ts'

const ERRORS: MetricOf<'rate'> = { kind: 'rate', name: 'errors', tolerance: 0, margin: 0.01 }
const PAIRED: MetricOf<'paired'> = { kind: 'paired', name: 'accuracy', tolerance: 0, margin: 0.02 }
const P95: MetricOf<'quantile'> = {
  kind: 'quantile',
  name: 'p95',
  quantile: 0.95,
  tolerance: 0,
  margin: 0.3,
}
const LOSS: MetricOf<'mean'> = { kind: 'mean', name: 'loss', tolerance: 0, margin: 0.05 }
const ANSWERS: MetricOf<'distribution'> = { kind: 'distribution', name: 'answers', margin: 0.05 }

function seen<Kind extends MetricKind>(
  metric: MetricOf<Kind> & { readonly kind: Kind },
  looks: readonly LookOf[Kind][],
): EvidenceOf<Kind> {
  return looks.reduce(
    (evidence, look) => observe<Kind>(metric, evidence, look),
    noEvidence<Kind>(metric.kind),
  )
}

const errors = (k: number, j: number, n = 100, m = n): LookOf['rate'] => ({
  canary: { count: k, total: n },
  baseline: { count: j, total: m },
})
const times = <Item>(count: number, item: Item): readonly Item[] => Array.from({ length: count }, () => item)

function judged(metrics: readonly Metric[], evidence: readonly Evidence[], confidence = 0.95) {
  const policy: EvidencePolicy = { metrics, confidence }
  const decision = decide(policy, evidence)
  // Two ways to the same verdict.
  expect(verdictOf(policy, evidence)).toBe(decision.verdict)
  return decision
}

describe('two questions, three answers', () => {
  test('nothing was seen: inconclusive, whatever is asked', () => {
    for (const metric of [ERRORS, PAIRED, P95, LOSS, ANSWERS]) {
      const { verdict, spent, metrics } = judged([metric], [noEvidence(metric.kind) as Evidence])
      expect(verdict).toBe('inconclusive')
      expect(spent).toBeCloseTo(0.05, 12)
      expect(metrics[0]).toMatchObject({ verdict: 'inconclusive', harm: 0, pass: 0 })
    }
    expect(judged([], []).verdict).toBe('inconclusive')
  })

  test.each([
    { what: 'as many errors', looks: times(10, errors(0, 0)), verdict: 'passed' },
    { what: 'too few requests', looks: times(2, errors(0, 0)), verdict: 'inconclusive' },
    { what: 'ten times as many', looks: times(8, errors(5, 0)), verdict: 'failed' },
    { what: 'no request at the baseline', looks: times(9, errors(0, 0, 100, 0)), verdict: 'inconclusive' },
    { what: 'all fail', looks: times(4, errors(20, 0, 20)), verdict: 'failed' },
  ] as const)('errors: $what, $verdict', ({ looks, verdict }) => {
    expect(judged([ERRORS], [seen(ERRORS, looks)]).verdict).toBe(verdict)
  })

  test.each([
    { what: 'both right', look: { onlyBaseline: 0, onlyCanary: 0, pairs: 40 }, verdict: 'passed' },
    { what: 'mostly the baseline', look: { onlyBaseline: 4, onlyCanary: 1, pairs: 40 }, verdict: 'failed' },
  ] as const)('labelled pairs: $what, $verdict', ({ look, verdict }) => {
    expect(judged([PAIRED], [seen(PAIRED, times(20, look))]).verdict).toBe(verdict)
  })

  const slow = (factor: number) =>
    Object.fromEntries(times(50, 0).map((_, i) => [latencyBucket((1000 + 40 * i) * factor), 2]))
  test.each([
    { what: 'as fast', factor: 1, verdict: 'passed' },
    { what: 'twice as slow', factor: 2, verdict: 'failed' },
  ] as const)('a quantile: $what, $verdict', ({ factor, verdict }) => {
    const look = { canary: slow(factor), baseline: slow(1) }
    const evidence = seen(P95, times(20, look))
    const { verdict: found, metrics } = judged([P95], [evidence])
    expect(found).toBe(verdict)
    expect(metrics[0]!.interval[0]).toBeLessThanOrEqual(factor - 1 + 0.03)
    expect(metrics[0]!.interval[1]).toBeGreaterThanOrEqual(factor - 1 - 0.03)
  })

  test.each([
    { what: 'alike', canary: [0, 60, 40], verdict: 'passed' },
    { what: 'worse', canary: [30, 40, 30], verdict: 'failed' },
  ] as const)('a mean loss: $what, $verdict', ({ canary, verdict }) => {
    const valuesOf = (counts: readonly number[]) => counts.map((count, i) => [1 - i / 2, count] as const)
    const look = { canary: valuesOf(canary), baseline: valuesOf([0, 60, 40]) }
    expect(judged([LOSS], [seen(LOSS, times(20, look))]).verdict).toBe(verdict)
  })

  test.each([
    { what: 'the same', canary: [50, 30, 20], verdict: 'passed' },
    { what: 'one class is gone', canary: [70, 30, 0], verdict: 'failed' },
  ] as const)('answers: $what, $verdict', ({ canary, verdict }) => {
    const look = { canary, baseline: [50, 30, 20] }
    expect(judged([ANSWERS], [seen(ANSWERS, times(80, look))]).verdict).toBe(verdict)
  })
})

describe('one budget', () => {
  const half = seen(ERRORS, times(4, errors(3, 0)))

  test('metrics share it: what one alone would fail for, ten do not, unless several see the harm', () => {
    const quiet = seen(ERRORS, times(4, errors(1, 1)))
    const metrics = times(10, ERRORS)
    const one = judged([ERRORS], [half])
    const among = judged(metrics, [half, ...times(9, quiet)])
    expect(among.spent).toBeLessThan(one.spent)
    expect(judged(metrics, times(10, half)).spent).toBeCloseTo(one.spent, 9)
  })

  test('weights say who gets more of it', () => {
    const quiet = seen(ERRORS, times(4, errors(1, 1)))
    const spent = (weight: number) => judged([{ ...ERRORS, weight }, ERRORS], [half, quiet]).spent
    expect(spent(9)).toBeGreaterThan(spent(1))
  })

  test('a later step goes on with what was seen, and passes by its own requests alone', () => {
    const first = seen(ERRORS, times(10, errors(0, 0)))
    expect(judged([ERRORS], [first]).verdict).toBe('passed')
    const second = nextStep(first)
    expect(judged([ERRORS], [second]).verdict).toBe('inconclusive')
    const bad = seen(ERRORS, times(4, errors(3, 0)))
    expect(judged([ERRORS], [nextStep(bad)]).spent).toBeCloseTo(judged([ERRORS], [bad]).spent, 12)
    expect(nextStep(nextStep(bad))).toEqual(nextStep(bad))
  })
})

test('clustered errors count for less than the same number one by one', () => {
  const steady = seen(ERRORS, times(30, errors(2, 1)))
  const clustered = seen(
    ERRORS,
    times(30, 0).map((_, i) => errors(i % 10 === 0 ? 20 : 0, i % 10 === 5 ? 10 : 0)),
  )
  const [one, other] = [judged([ERRORS], [steady]), judged([ERRORS], [clustered])]
  expect(other.metrics[0]!.inflation).toBeGreaterThan(2 * one.metrics[0]!.inflation)
  expect(other.spent).toBeLessThan(one.spent)
})

test('resumes from JSON after every look', () => {
  const look = fc.record({ k: fc.nat(5), j: fc.nat(5), n: fc.integer({ min: 5, max: 60 }) })
  fc.assert(
    fc.property(fc.array(look, { minLength: 1, maxLength: 12 }), looks => {
      let [kept, resumed] = [noEvidence('rate'), noEvidence('rate')]
      for (const { k, j, n } of looks) {
        kept = observe(ERRORS, kept, errors(k, j, n))
        resumed = observe(ERRORS, JSON.parse(JSON.stringify(resumed)), errors(k, j, n))
      }
      expect(resumed).toEqual(kept)
    }),
  )
})

test('a threshold of latencies comes of what was seen before it, never of the look it counts', () => {
  const fast = { canary: { 300: 50 }, baseline: { 300: 50 } }
  const late = { canary: { 400: 50 }, baseline: { 400: 50 } }
  const once = seen(P95, [fast])
  expect(once.present!.slow).toEqual([])
  const twice = observe(P95, once, late)
  expect(twice.present!.slow.map(({ threshold }) => threshold)).toEqual([300])
  // Both arms alike beyond it: no evidence of harm.
  expect(judged([P95], [twice]).spent).toBeLessThanOrEqual(0.05)
})
