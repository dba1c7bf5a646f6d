import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Verdict } from '../../core/index.ts'
import { type CanaryStep, mergeCounts, NO_COUNTS, NO_PAIRS } from '../index.ts'
import { later, NOON, SimulatedArm, SPEC } from '../testing.ts'
import { type CurvePoint, judgedBy, looked, type Present, type RolloutEvidence, withPoint } from './index.ts'

const STEPS: readonly CanaryStep[] = [0.05, 0.25, 0.5].map(weight => ({ weight, hold: 0 }))
const CANARY = { kind: 'canary', steps: STEPS, analysis: SPEC } as const
const SHADOWED = {
  ...CANARY,
  steps: [{ weight: 0, hold: 0, shadow: 1 }, ...STEPS],
  analysis: { ...SPEC, accuracyMargin: 0.02, agreementMargin: 0.05 },
} as const
const LABELLED = { ...CANARY, analysis: { ...SPEC, accuracyMargin: 0.02 } } as const
const NOTHING: Present = { canary: NO_COUNTS, baseline: NO_COUNTS, labels: [] }

type Behaviour = ConstructorParameters<typeof SimulatedArm>[1]

/** Reports of `every` requests in each arm, four a second, until a decision or `limit`. */
function played(
  { canary = {}, baseline = {} }: { readonly canary?: Behaviour; readonly baseline?: Behaviour },
  { every = 20, limit = 4000, seed = 1, canaryOf = CANARY, step = 0 } = {},
) {
  const arms = [new SimulatedArm(2 * seed, canary), new SimulatedArm(2 * seed + 1, baseline)] as const
  let state: RolloutEvidence | undefined
  let verdict: Verdict = 'inconclusive'
  let requests = 0
  while (verdict === 'inconclusive' && requests < limit) {
    requests += every
    const now = later((requests / every) * 250)
    const present = { canary: arms[0].serve(every), baseline: arms[1].serve(every), labels: [] }
    state = looked(state, canaryOf, step, present, now)
    verdict = judgedBy(state, present, canaryOf.analysis, 0, now).analysis.verdict
  }
  return { verdict, requests, state: state! }
}

const analysed = (state: RolloutEvidence, present: Present, analysis = SPEC) =>
  judgedBy(state, present, analysis, 0, NOON).analysis

describe('no data is never a pass', () => {
  test('nothing was asked yet', () => {
    const { verdict, metrics, requestsMissing } = analysed(
      looked(undefined, CANARY, 0, NOTHING, NOON),
      NOTHING,
    )
    expect(verdict).toBe('inconclusive')
    expect(metrics.map(metric => metric.verdict)).toEqual(['inconclusive', 'inconclusive'])
    expect(metrics[0]?.summary).toBe('errors: no request yet in both arms: inconclusive')
    expect(requestsMissing).toBeGreaterThan(250)
    expect(requestsMissing).toBeLessThan(500)
  })

  test('the canary has plenty, the baseline nothing', () => {
    const present = { ...NOTHING, canary: new SimulatedArm(1).serve(5000) }
    const state = looked(looked(undefined, CANARY, 0, NOTHING, NOON), CANARY, 0, present, later(5000))
    expect(analysed(state, present).verdict).toBe('inconclusive')
  })

  test('fewer than the least requests do not pass, however good', () => {
    const analysis = { ...SPEC, errorMargin: 0.2, latencyQuantile: 0.5, minRequests: 400 }
    const canaryOf = { ...CANARY, analysis }
    expect(
      played({}, { canaryOf: { ...canaryOf, analysis: { ...analysis, minRequests: 50 } } }).requests,
    ).toBeLessThan(200)
    expect(played({}, { canaryOf })).toMatchObject({ verdict: 'passed', requests: 400 })
  })

  test('labels that were asked for and do not come keep it', () => {
    expect(played({}, { canaryOf: LABELLED }).verdict).toBe('inconclusive')
  })
})

describe('healthy canaries are promoted soon, harmful ones rolled back', () => {
  test.each([
    { what: 'no error', canary: {}, within: 420 },
    { what: 'as many errors', canary: { errorRate: 0.002 }, baseline: { errorRate: 0.002 }, within: 1500 },
  ])('$what: passes within $within requests', ({ within, ...arms }) => {
    for (const every of [10, 20, 100]) {
      const { verdict, requests } = played(arms, { every })
      expect(verdict).toBe('passed')
      expect(requests).toBeLessThanOrEqual(within)
    }
  })

  test.each([
    { what: 'every request fails', canary: { errorRate: 1 }, within: 100 },
    { what: '20 % more errors', canary: { errorRate: 0.2 }, within: 220 },
    { what: '5 % more errors', canary: { errorRate: 0.05 }, within: 500 },
    { what: 'p95 twice as long', canary: { median: 4000 }, within: 260 },
  ])('$what: fails within $within requests', ({ canary, within }) => {
    for (const seed of [1, 2, 3]) {
      const { verdict, requests } = played({ canary }, { seed })
      expect(verdict).toBe('failed')
      expect(requests).toBeLessThanOrEqual(within)
    }
  })

  test.each([
    { good: 500, errorRate: 1, within: 320 },
    { good: 4000, errorRate: 1, within: 400 },
    { good: 4000, errorRate: 0.2, within: 500 },
  ])('$good requests were well, then $errorRate of them fail: fails within $within', given => {
    const { good, errorRate, within } = given
    const canaryOf = { ...CANARY, analysis: { ...SPEC, minRequests: 1_000_000 } }
    for (const every of [20, 100]) {
      const [before, after, baseline] = [
        new SimulatedArm(1),
        new SimulatedArm(2, { errorRate }),
        new SimulatedArm(3),
      ]
      let [state, requests, verdict]: [RolloutEvidence | undefined, number, Verdict] = [
        undefined,
        0,
        'inconclusive',
      ]
      while (verdict === 'inconclusive' && requests < 3 * good) {
        requests += every
        const well = before.serve(requests <= good ? every : 0)
        const failing = after.serve(requests > good ? every : 0)
        const present = { canary: mergeCounts(well, failing), baseline: baseline.serve(every), labels: [] }
        state = looked(state, canaryOf, 0, present, later(requests * 50))
        verdict = judgedBy(state, present, canaryOf.analysis, 0, NOON).analysis.verdict
      }
      expect(verdict).toBe('failed')
      expect(requests - good).toBeLessThanOrEqual(within)
    }
  })

  test('one that is worse by less than the tolerance is not rolled back', () => {
    for (const seed of [1, 2, 3, 4]) {
      const hardly = { canary: { median: 2150, errorRate: 0.001 }, baseline: {} }
      expect(played(hardly, { seed }).verdict).toBe('passed')
    }
  })

  test('the summaries have the figures', () => {
    const arms = [new SimulatedArm(1, { errorRate: 0.1 }), new SimulatedArm(2)] as const
    let [state, present]: [RolloutEvidence | undefined, Present] = [undefined, NOTHING]
    for (let i = 1; i <= 20; i++) {
      present = { canary: arms[0].serve(20), baseline: arms[1].serve(20), labels: [] }
      state = looked(state, CANARY, 0, present, later(i * 1000))
    }
    const { verdict, metrics, spent } = analysed(state!, present)
    expect(verdict).toBe('failed')
    expect(spent).toBe(1)
    expect(metrics[0]!.summary).toMatch(
      /^errors \d+\.?\d* % vs 0 % at baseline: \+\d+\.?\d* % \[\+\d+\.?\d* %, \+\d+\.?\d* %\], allowed < 1 %: failed$/,
    )
    expect(metrics[1]!.summary).toMatch(
      /^latency_p95 \d\.?\d* ms vs \d\.?\d* ms at baseline: .* \[.*\], allowed < 50 %: passed$/,
    )
    for (const { interval, evidence } of metrics) {
      expect(interval.every(Number.isFinite)).toBe(true)
      expect(Object.values(evidence!).every(Number.isFinite)).toBe(true)
    }
  })
})

describe('what is missing', () => {
  test('is right within a factor of two', () => {
    const analysis = { ...SPEC, errorMargin: 0.02 }
    const canaryOf = { ...CANARY, analysis }
    const arms = [
      new SimulatedArm(5, { errorRate: 0.005 }),
      new SimulatedArm(6, { errorRate: 0.005 }),
    ] as const
    let state: RolloutEvidence | undefined
    let estimate: number | undefined
    for (let requests = 20; ; requests += 20) {
      const present = { canary: arms[0].serve(20), baseline: arms[1].serve(20), labels: [] }
      state = looked(state, canaryOf, 0, present, later(requests))
      const { verdict, requestsMissing } = analysed(state, present, analysis)
      if (requests === 300) estimate = 300 + requestsMissing!
      if (verdict !== 'inconclusive') {
        expect(verdict).toBe('passed')
        expect(estimate! / requests).toBeGreaterThan(0.5)
        expect(estimate! / requests).toBeLessThan(2)
        return
      }
    }
  })

  test('is what it takes to roll back, where that is nearer', () => {
    const { state, requests } = played({ canary: { errorRate: 0.03 } }, { limit: 200 })
    const present = { ...NOTHING, canary: arm(requests), baseline: arm(requests) }
    expect(analysed(state, present).requestsMissing).toBeLessThan(2000)
  })
})

describe('nothing is counted twice', () => {
  const at = (present: Present, seconds: number, before?: RolloutEvidence, step = 0) =>
    looked(before, CANARY, step, present, later(seconds * 1000))
  const both = (requests: number): Present => ({ canary: arm(requests), baseline: arm(requests), labels: [] })

  test('the same counts again change nothing, nor do counts that fell', () => {
    const state = at(both(100), 2, at(both(40), 1))
    expect(at(both(100), 60, state)).toBe(state)
    expect(at(both(60), 60, state)).toBe(state)
    expect(at(both(100), 60, at(both(60), 30, state))).toBe(state)
  })

  test('a look of few requests waits for its second', () => {
    const begun = at(NOTHING, 0)
    expect(looked(begun, CANARY, 0, both(5), later(900))).toBe(begun)
    const seen = looked(begun, CANARY, 0, both(5), later(1000))
    expect(seen.watched.map(({ looks }) => looks)).toEqual([1, 0])
    expect(looked(seen, CANARY, 0, both(30), later(1250)).watched[0]!.looks).toBe(2)
  })

  test('looks of a busy service get longer, or come once a second', () => {
    let state = at(NOTHING, 0)
    for (let report = 1; report <= 4000; report++)
      state = looked(state, CANARY, 0, both(report * 1000), later(report * 10))
    // A hundred up to the first part of a hundredth, then by hundredths; and each of 40 seconds.
    expect(state.watched[0]!.looks).toBeLessThanOrEqual(100 + 100 * Math.log(4000 / 100) + 40)
  })

  test('however the reports come, what was looked at is what was told', () => {
    const report = fc.record({
      more: fc.nat(40),
      repeat: fc.boolean(),
      restart: fc.boolean(),
      ms: fc.nat(1500),
    })
    fc.assert(
      fc.property(fc.array(report, { maxLength: 40 }), reports => {
        let [total, time] = [0, 0]
        let state: RolloutEvidence | undefined
        for (const { more, repeat, restart, ms } of reports) {
          if (!repeat) total += more
          time += ms
          state = looked(state, CANARY, 0, both(total), later(time))
          if (restart) state = JSON.parse(JSON.stringify(state)) as RolloutEvidence
          const [errors] = state.evidence
          const seen = errors?.kind === 'rate' ? (errors.present?.candidate ?? []) : []
          const sum = seen.reduce((all, [, count]) => all + count, 0)
          expect(sum).toBe(state.watched[0]!.counted[0]?.[1]['canary'] ?? 0)
          expect(sum).toBeLessThanOrEqual(total)
        }
        const last = looked(state, CANARY, 0, both(total), later(time + 1000))
        expect(last.watched[0]!.counted[0]?.[1]['canary'] ?? 0).toBe(total)
      }),
    )
  })

  test('a step begins with counts of its own; harm goes on, passing starts anew', () => {
    const first = at(both(800), 9, at(both(400), 1))
    expect(analysed(first, both(800)).verdict).toBe('passed')
    const second = at(both(30), 11, first, 1)
    expect(analysed(second, both(30)).verdict).toBe('inconclusive')
    const [errors] = second.evidence
    expect(errors!.earlier).toHaveLength(1)
    expect(at(both(30), 11, first, 1)).toEqual(at(both(30), 11, JSON.parse(JSON.stringify(first)), 1))
  })
})

describe('labels', () => {
  const ledger = (name: string, wrong: number, total: number, onlyBaseline = 0, onlyCanary = 0) => ({
    ledger: name,
    canary: { count: wrong, total },
    baseline: { count: 0, total },
    pairs: { onlyBaseline, onlyCanary, pairs: total },
  })
  const told = (...labels: readonly ReturnType<typeof ledger>[]): Present => ({ ...NOTHING, labels })
  const counted = (state: RolloutEvidence) => {
    const evidence = state.evidence[2]
    if (evidence?.kind !== 'rate') throw new TypeError('labels are counted third')
    return (evidence.present?.candidate ?? []).reduce((all, [, count]) => all + count, 0)
  }

  test('of a gateway that this server has not heard of since it started are not forgotten, nor counted again', () => {
    let state = looked(undefined, LABELLED, 0, told(), NOON)
    state = looked(state, LABELLED, 0, told(ledger('a', 0, 50), ledger('b', 0, 30)), later(1000))
    expect(counted(state)).toBe(80)
    expect(looked(state, LABELLED, 0, told(), later(9000))).toBe(state)
    expect(looked(state, LABELLED, 0, told(ledger('b', 0, 30)), later(9000))).toBe(state)
    state = looked(state, LABELLED, 0, told(ledger('b', 0, 45), ledger('c', 0, 5)), later(9000))
    expect(counted(state)).toBe(100)
  })

  test('go on over steps of like shares, and roll back', () => {
    let state = looked(undefined, LABELLED, 0, told(), NOON)
    for (let look = 1; look <= 12; look++)
      state = looked(
        state,
        LABELLED,
        look < 6 ? 0 : 1,
        told(ledger('a', 5 * look, 25 * look)),
        later(look * 1000),
      )
    expect(counted(state)).toBe(300)
    expect(analysed(state, told(), LABELLED.analysis).verdict).toBe('failed')
  })

  test('come in pairs in a shadow, and are asked for there', () => {
    let state = looked(undefined, SHADOWED, 0, told(), NOON)
    const same = { ...NO_PAIRS, primaryLatency: {}, latency: {} }
    const present = (i: number): Present => ({
      canary: arm(40 * i),
      baseline: arm(40 * i),
      shadow: { ...same, pairs: 40 * i, compared: 40 * i, agreed: 40 * i, identical: 40 * i },
      labels: [ledger('a', 0, 40 * i, i, i)],
    })
    for (let i = 1; i <= 30; i++) state = looked(state, SHADOWED, 0, present(i), later(i * 1000))
    const { verdict, metrics } = analysed(state, present(30), SHADOWED.analysis)
    expect(metrics.map(({ metric, verdict }) => `${metric} ${verdict}`)).toEqual([
      'errors passed',
      'wrong passed',
      'wrong_in_pairs inconclusive',
      'disagreement passed',
    ])
    expect(verdict).toBe('inconclusive')
    expect(looked(undefined, SHADOWED, 1, NOTHING, NOON).policy.required).toEqual(['errors', 'latency_p95'])
  })

  test.each([
    { share: '20 %', differing: 4, looks: 10, verdict: 'failed' },
    // Half of what the file allows is no harm, however surely it is seen.
    { share: '2.5 %', differing: 0.5, looks: 200, verdict: 'passed' },
  ])(
    'answers that differ from stable on $share of the requests: $verdict, before anybody got one',
    ({ share, differing, looks, verdict }) => {
      let state = looked(undefined, SHADOWED, 0, NOTHING, NOON)
      let present = NOTHING
      for (let i = 1; i <= looks; i++) {
        const shadow = {
          ...NO_PAIRS,
          pairs: 20 * i,
          compared: 20 * i,
          agreed: 20 * i - Math.floor(differing * i),
        }
        present = { canary: arm(20 * i), baseline: arm(20 * i), shadow, labels: [] }
        state = looked(state, SHADOWED, 0, present, later(i * 1000))
        const { metrics } = analysed(state, present, SHADOWED.analysis)
        const found = metrics.find(({ metric }) => metric === 'disagreement')!
        if (i < looks) expect(['inconclusive', verdict]).toContain(found.verdict)
        else
          expect(found.summary).toMatch(new RegExp(`^disagreement ${share} .*, allowed < 5 %: ${verdict}$`))
      }
      if (verdict === 'failed') expect(analysed(state, present, SHADOWED.analysis).verdict).toBe('failed')
    },
  )
})

test('a state stays small, however long a rollout goes on', () => {
  const arms = [new SimulatedArm(1, { sigma: 1 }), new SimulatedArm(2, { sigma: 1 })] as const
  const sizes: number[] = []
  let state: RolloutEvidence | undefined
  for (let step = 0; step < 20; step++) {
    const steps = Array.from({ length: 20 }, (_, i) => ({ weight: (i + 1) / 50, hold: 0 }))
    const [canary, baseline] = [new SimulatedArm(step, { sigma: 1 }), arms[1]]
    for (let look = 1; look <= 10; look++) {
      const present = { canary: canary.serve(200), baseline: baseline.serve(200), labels: [] }
      state = looked(state, { ...CANARY, steps }, step, present, later((step * 10 + look) * 1000))
    }
    sizes.push(JSON.stringify(state).length)
  }
  expect(Math.max(...sizes)).toBeLessThan(60_000)
})

test('the curve keeps some hundred points, evenly, and always the newest', () => {
  const point = { at: NOON, step: 0, canaryRequests: 0, spent: 0, metrics: [] }
  let curve: readonly CurvePoint[] = []
  for (let i = 0; i < 10_000; i++) {
    curve = withPoint(curve, { ...point, canaryRequests: i })
    expect(curve.length).toBeLessThanOrEqual(121)
    expect(curve.at(-1)!.canaryRequests).toBe(i)
    expect(curve[0]!.canaryRequests).toBe(0)
  }
  expect(curve.length).toBeGreaterThan(60)
  const gaps = curve.slice(1).map(({ index }, i) => index - curve[i]!.index)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * gaps[0]!)
})

/** So many requests, all well. */
function arm(requests: number) {
  return { requests, errors: 0, latency: requests === 0 ? {} : { 300: requests } }
}
