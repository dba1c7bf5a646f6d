import { describe, expect, test } from 'vitest'
import { mergeSums, type Sums, seededRandom } from '../../evaluate/index.ts'
import { SPEC } from '../testing.ts'
import { lookAtBandit, nextShare } from './bandit.ts'
import type { BanditPlan } from './types.ts'

const HOUR = 3_600_000
const PLAN: BanditPlan = {
  start: 0.5,
  explore: 0.05,
  most: 1,
  every: 60_000,
  minRewards: 100,
  margin: 0.02,
  horizon: { kind: 'time', ms: 24 * HOUR },
  analysis: SPEC,
}
const events = (count: number, total: number): Sums => ({ count: total, sum: count, squares: count })
const look = (...segments: Parameters<typeof lookAtBandit>[1]) => lookAtBandit(PLAN, segments, HOUR)

describe('a look', () => {
  test('without rewards decides nothing, and knows nothing', () => {
    expect(look()).toMatchObject({ verdict: 'inconclusive', best: undefined, observed: 0 })
    expect(look({ candidate: events(1, 5), reference: mergeSums() }).best).toBeUndefined()
  })

  test.each([
    { what: 'better', rate: 0.4, verdict: 'passed', best: [0.999, 1] },
    { what: 'worse', rate: 0.2, verdict: 'failed', best: [0, 0.001] },
    { what: 'the same', rate: 0.3, verdict: 'inconclusive', best: [0.49, 0.51] },
  ] as const)('of 0 and 1, $what: $verdict', ({ rate, verdict, best }) => {
    const found = look({ candidate: events(1000 * rate, 1000), reference: events(300, 1000) })
    expect(found.verdict).toBe(verdict)
    expect(found.best).toBeGreaterThanOrEqual(best[0])
    expect(found.best).toBeLessThanOrEqual(best[1])
  })

  test('few rewards promote nothing, however good they are', () => {
    const few = look({ candidate: events(80, 80), reference: events(0, 80) })
    expect(few.best).toBeGreaterThan(0.999)
    expect(few.verdict).toBe('inconclusive')
  })

  test.each([
    { what: 'more', factor: 1.2, verdict: 'passed' },
    { what: 'less', factor: 0.8, verdict: 'failed' },
  ] as const)('of amounts, $what: $verdict', ({ factor, verdict }) => {
    const random = seededRandom(7)
    const amounts = (mean: number) =>
      mergeSums(
        ...Array.from({ length: 4000 }, () => {
          const value = -mean * Math.log(1 - random())
          return { count: 1, sum: value, squares: value * value }
        }),
      )
    const found = look({ candidate: amounts(12 * factor), reference: amounts(12) })
    expect(found.verdict).toBe(verdict)
    expect(found.best! > 0.5).toBe(factor > 1)
  })

  test('amounts that are all the same say nothing', () => {
    const same: Sums = { count: 50, sum: 150, squares: 450 }
    expect(look({ candidate: same, reference: same })).toMatchObject({ best: 0.5, verdict: 'inconclusive' })
  })

  test('who had more of the good times is not the better one for it', () => {
    const [poor, rich] = [
      { candidate: events(10, 100), reference: events(90, 900) },
      { candidate: events(720, 900), reference: events(80, 100) },
    ]
    const pooled = look({ candidate: events(730, 1000), reference: events(170, 1000) })
    expect(pooled.verdict).toBe('passed')
    const apart = look(poor, rich)
    expect(apart.verdict).toBe('inconclusive')
    expect(apart.best).toBeCloseTo(0.5, 2)
    expect(apart.arms?.difference.difference).toBeCloseTo(0, 9)
  })

  test('the horizon is a time, or a number of rewards', () => {
    const segment = { candidate: events(30, 100), reference: events(30, 100) }
    expect(look(segment).isOver).toBe(false)
    expect(lookAtBandit(PLAN, [segment], 24 * HOUR).isOver).toBe(true)
    const counted = { ...PLAN, horizon: { kind: 'requests', requests: 200 } } as const
    expect(lookAtBandit(counted, [segment], 0).isOver).toBe(true)
  })
})

describe('the next share', () => {
  const at = (best: number | undefined, share: number, more: object = {}, plan: Partial<BanditPlan> = {}) =>
    nextShare(
      { ...PLAN, ...plan },
      { best, observed: 1000 },
      { share, changes: 3, sinceChange: 60_000, ...more },
    )

  test.each([
    { best: 0.93, share: 0.5, next: 0.7, why: 'it moves by a fifth at most' },
    { best: 0.62, share: 0.5, next: 0.6, why: 'whole twentieths' },
    { best: 0.53, share: 0.5, next: undefined, why: 'chance moves nothing' },
    { best: 0.999, share: 0.9, next: 0.95, why: 'stable keeps its part' },
    { best: 0.999, share: 0.95, next: undefined, why: 'it is there' },
    { best: 0.001, share: 0.2, next: 0.05, why: 'the candidate keeps its part' },
    { best: undefined, share: 0.5, next: undefined, why: 'nothing is known' },
  ])('$why: $share -> $next', ({ best, share, next }) => {
    expect(at(best, share)).toBe(next)
  })

  test('not too soon, not for ever, not by a handful of rewards, and never beyond what the policy allows', () => {
    expect(at(0.9, 0.5, { sinceChange: 59_999 })).toBeUndefined()
    expect(at(0.9, 0.5, { changes: 200 })).toBeUndefined()
    expect(
      nextShare(PLAN, { best: 0.9, observed: 39 }, { share: 0.5, changes: 0, sinceChange: HOUR }),
    ).toBeUndefined()
    expect(at(0.9, 0.25, {}, { most: 0.25 })).toBeUndefined()
    expect(at(0.9, 0.1, {}, { most: 0.25 })).toBe(0.25)
    expect(at(0.01, 0.03, {}, { most: 0.03 })).toBeUndefined()
  })
})

test('looked at with every change of share, one that is worse by the margin is seldom promoted, nor one as good ended', () => {
  const RUNS = 120
  const outcome = (seed: number, rate: number): string => {
    const random = seededRandom(seed)
    const plan: BanditPlan = { ...PLAN, margin: 0.1, minRewards: 30 }
    let share = 0.5
    const segments: { candidate: Sums; reference: Sums }[] = []
    for (let period = 0; period < 40; period++) {
      // Times are good and bad, for both.
      const tide = 0.15 * Math.sin(period / 3)
      const draw = (n: number, p: number) =>
        events(Array.from({ length: n }, random).filter(x => x < p).length, n)
      const n = Math.round(60 * share)
      segments.push({ candidate: draw(n, rate + tide), reference: draw(60 - n, 0.4 + tide) })
      const found = lookAtBandit(plan, segments, HOUR)
      if (found.verdict !== 'inconclusive') return found.verdict
      share = nextShare(plan, found, { share, changes: period, sinceChange: HOUR }) ?? share
    }
    return 'inconclusive'
  }
  const share = (rate: number, verdict: string): number =>
    Array.from({ length: RUNS }, (_, i) => outcome(i + 1, rate)).filter(found => found === verdict).length /
    RUNS
  // 5 % gives more than 10 % of 120 runs less than once in a hundred times.
  expect(share(0.3, 'passed')).toBeLessThanOrEqual(0.1)
  expect(share(0.4, 'failed')).toBeLessThanOrEqual(0.07)
  expect(share(0.55, 'passed')).toBeGreaterThan(0.8)
})
