import { describe, expect, test } from 'vitest'
import { mergeSums, type Sample, seededRandom } from '../../evaluate/index.ts'
import { latencyBucket } from '../buckets.ts'
import { SimulatedArm, SPEC } from '../testing.ts'
import { type AbPlan, type ExperimentCounts, type ExperimentMetric, lookAtAb } from './index.ts'

const HOUR = 3_600_000
const PLAN: AbPlan = {
  split: 0.5,
  metric: 'accuracy',
  horizon: { kind: 'requests', requests: 4000 },
  effect: 0.03,
  otherwise: 'keep',
  analysis: SPEC,
}
const events = (count: number, total: number): Sample => ({
  total: { count: total, sum: count, squares: count },
})
const NONE: Sample = { total: mergeSums() }

function labels(candidate: Sample, baseline: Sample, stable = NONE): ExperimentCounts {
  const of = (correct: Sample) => ({ correct, rewards: NONE })
  return { outcomes: { canary: of(candidate), baseline: of(baseline), stable: of(stable) }, counts: {} }
}

describe('at the horizon it is decided', () => {
  test.each([
    { what: 'better', right: 1860, verdict: 'passed', says: '+3 % [+1.5' },
    { what: 'worse', right: 1740, verdict: 'failed', says: 'worse' },
    { what: 'the same', right: 1800, verdict: 'failed', says: 'not better by 3 %' },
    {
      what: 'a little better',
      right: 1820,
      verdict: 'inconclusive',
      says: 'neither better nor not better by 2 %',
    },
  ])('$what: $verdict', ({ right, verdict, says }) => {
    const effect = verdict === 'inconclusive' ? 0.02 : PLAN.effect
    const look = lookAtAb({ ...PLAN, effect }, labels(events(right, 2000), events(1800, 2000)), HOUR)
    expect(look).toMatchObject({ verdict, isOver: true, observed: 4000, part: 1 })
    expect(look.metric.summary).toContain('against 90 % of 4,000 labels')
    expect(look.metric.summary).toContain(says)
  })

  test('without data it is not', () => {
    const timed: AbPlan = { ...PLAN, horizon: { kind: 'time', ms: HOUR } }
    const look = lookAtAb(timed, labels(events(40, 40), NONE), HOUR)
    expect(look).toMatchObject({ verdict: 'inconclusive', isOver: true })
    expect(look.metric.summary).toBe(
      'accuracy: the horizon is over with 40 labels, 0 of them in the smaller arm',
    )
    expect(lookAtAb(timed, { outcomes: {}, counts: {} }, HOUR).verdict).toBe('inconclusive')
  })
})

describe('before the horizon', () => {
  test('a candidate that leads by far is not decided', () => {
    const look = lookAtAb(PLAN, labels(events(1700, 1700), events(1100, 1700)), HOUR)
    expect(look).toMatchObject({ verdict: 'inconclusive', isOver: false, part: 0.85 })
    expect(look.metric.summary).toMatch(
      /^accuracy 100 % against 64\.71 % of 3,400 labels so far: decided at 4,000 labels, which tell 3 % with a power of \d+ %$/,
    )
  })

  test('one that is worse beyond chance has failed, the sooner the worse it is', () => {
    const at = (n: number, right: number) =>
      lookAtAb(PLAN, labels(events(right, n), events(n * 0.9, n)), HOUR).verdict
    expect([at(200, 160), at(200, 100), at(1000, 840)]).toEqual(['inconclusive', 'failed', 'failed'])
  })
})

test('stable answers beside the baseline count where callers judge, and not where replicas do', () => {
  const seen = labels(events(400, 500), events(400, 500), events(2400, 3000))
  const counts = {
    canary: { requests: 500, errors: 1, latency: { [latencyBucket(2000)]: 499 } },
    baseline: { requests: 500, errors: 2, latency: { [latencyBucket(4000)]: 498 } },
    stable: { requests: 9000, errors: 900, latency: { [latencyBucket(90_000)]: 8100 } },
  }
  const look = (metric: ExperimentMetric) =>
    lookAtAb({ ...PLAN, metric, effect: 0.01 }, { ...seen, counts }, HOUR)
  expect(look('accuracy').observed).toBe(4000)
  expect(look('errors')).toMatchObject({ observed: 1000, metric: { canary: 0.002, baseline: 0.004 } })
  const { metric } = look('latency')
  expect(metric.canary / metric.baseline).toBeCloseTo(0.5, 1)
})

test('less is better of errors and latencies', () => {
  const fast = new SimulatedArm(1, { median: 1000 }).serve(2000)
  const slow = new SimulatedArm(2, { median: 1300, errorRate: 0.05 }).serve(2000)
  const horizon = { kind: 'requests', requests: 3000 } as const
  const look = (metric: ExperimentMetric, canary: typeof fast, baseline: typeof fast) =>
    lookAtAb({ ...PLAN, metric, horizon }, { outcomes: {}, counts: { canary, baseline } }, HOUR)
  for (const metric of ['errors', 'latency'] as const) {
    expect(look(metric, fast, slow).verdict).toBe('passed')
    expect(look(metric, slow, fast)).toMatchObject({ verdict: 'failed' })
  }
  const { interval, summary } = look('latency', slow, fast).metric
  expect(interval[0]).toBeGreaterThan(0.2)
  expect(interval[1]).toBeLessThan(0.4)
  expect(summary).toMatch(/worse$/)
})

describe('callers who come again', () => {
  const GROUPS = 32
  const RUNS = 400

  /** Each of 400 callers asks ten times, and likes all answers or few; callers stay with their arm. */
  function anExperiment(seed: number): Parameters<typeof lookAtAb>[1] {
    const random = seededRandom(seed)
    const arm = () => Array.from({ length: GROUPS }, () => mergeSums())
    const [canary, stable] = [arm(), arm()]
    for (let caller = 0; caller < 400; caller++) {
      const groups = random() < 0.5 ? canary : stable
      const group = Math.floor(random() * GROUPS)
      const likes = random() < 0.5 ? 0.9 : 0.1
      for (let i = 0; i < 10; i++) {
        const reward = random() < likes ? 1 : 0
        groups[group] = mergeSums(groups[group]!, { count: 1, sum: reward, squares: reward })
      }
    }
    const of = (groups: typeof canary) => ({
      correct: NONE,
      rewards: { total: mergeSums(...groups), groups },
    })
    return { outcomes: { canary: of(canary), stable: of(stable) }, counts: {} }
  }

  /** Part of the experiments that promote, though no version is better. */
  function promoted(strip: boolean): number {
    let count = 0
    for (let seed = 1; seed <= RUNS; seed++) {
      const seen = anExperiment(seed)
      const outcomes = Object.fromEntries(
        Object.entries(seen.outcomes).map(([arm, { correct, rewards }]) => [
          arm,
          { correct, rewards: strip ? { total: rewards.total } : rewards },
        ]),
      )
      const plan: AbPlan = { ...PLAN, metric: 'reward' }
      if (lookAtAb(plan, { outcomes, counts: {} }, HOUR).verdict === 'passed') count++
    }
    return count / RUNS
  }

  test('are no sample of requests: by groups of callers false promotions stay within the level', () => {
    // A rate of 5 % gives more than 8 % of 400 runs less than once in a hundred times.
    expect(promoted(false)).toBeLessThanOrEqual(0.08)
    expect(promoted(true)).toBeGreaterThan(0.15)
  })
})

test('looked at a hundred times on the way, a candidate that is no worse is seldom ended early', () => {
  const RUNS = 300
  let ended = 0
  for (let seed = 1; seed <= RUNS; seed++) {
    const random = seededRandom(seed)
    const draw = (n: number) => Array.from({ length: n }, random).filter(value => value < 0.3).length
    let [ours, theirs] = [0, 0]
    for (let look = 1; look < 100; look++) {
      ours += draw(20)
      theirs += draw(20)
      const seen = labels(events(ours, look * 20), events(theirs, look * 20))
      if (lookAtAb(PLAN, seen, HOUR).verdict === 'failed') {
        ended++
        break
      }
    }
  }
  // 2.5 % gives more than 5 % of 300 runs less than once in a hundred times.
  expect(ended / RUNS).toBeLessThanOrEqual(0.05)
})
