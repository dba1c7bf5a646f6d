import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrivals, generator } from './schedule.ts'

type Schedule = Parameters<typeof arrivals>[0]

function times(schedule: Partial<Schedule>, count: number): number[] {
  const all = arrivals({ rate: 100, arrivals: 'constant', rampMs: 0, offsetMs: 0, seed: 1, ...schedule })
  return Array.from({ length: count }, () => all.next().value)
}

test('constant arrivals lie at equal distances, from their offset on', () => {
  expect(times({}, 4)).toEqual([0, 10, 20, 30])
  expect(times({ rate: 200, offsetMs: 2 }, 3).map(time => Number(time.toFixed(6)))).toEqual([2, 7, 12])
})

test('Poisson arrivals have the asked rate, and gaps as an exponential has them', () => {
  const all = times({ arrivals: 'poisson', rate: 1000 }, 20_001)
  const gaps = all.slice(1).map((time, i) => time - all[i]!)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
  expect(Math.abs(mean - 1)).toBeLessThan(0.03)
  expect(Math.abs(Math.sqrt(variance) / mean - 1)).toBeLessThan(0.03)
  // P(gap > 1) = 1/e.
  expect(Math.abs(gaps.filter(gap => gap > 1).length / gaps.length - Math.exp(-1))).toBeLessThan(0.015)
})

test('a ramp sends half as many in its time, and the full rate behind it', () => {
  const all = times({ rate: 1000, rampMs: 2000 }, 5000)
  const between = (from: number, to: number) => all.filter(time => time >= from && time < to).length
  expect(Math.abs(between(0, 2000) - 1000)).toBeLessThanOrEqual(1)
  expect(Math.abs(between(0, 1000) - 250)).toBeLessThanOrEqual(1)
  expect(Math.abs(between(2000, 4000) - 2000)).toBeLessThanOrEqual(1)
})

test('times never go back, whatever the schedule', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 1e6, noNaN: true }),
      fc.constantFrom('poisson' as const, 'constant' as const),
      fc.double({ min: 0, max: 1e5, noNaN: true }),
      fc.integer(),
      (rate, how, rampMs, seed) => {
        const all = times({ rate, arrivals: how, rampMs, seed }, 50)
        expect(all.every((time, i) => Number.isFinite(time) && time >= (all[i - 1] ?? 0))).toBe(true)
      },
    ),
  )
})

test('equal seeds give equal numbers, others give others', () => {
  const take = (seed: number) => {
    const random = generator(seed)
    return Array.from({ length: 5 }, random)
  }
  expect(take(7)).toEqual(take(7))
  expect(take(7)).not.toEqual(take(8))
})
