import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joined, merged } from './measure.ts'
import { Histogram, Recorder } from './recorder.ts'

test('percentiles are those of the sorted durations, within 1 %', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0.5, 0.9, 0.99, 0.999, 1),
      (durations, part) => {
        const histogram = new Histogram()
        for (const ms of durations) histogram.add(ms)
        const sorted = durations.toSorted((a, b) => a - b)
        const exact = sorted[Math.ceil(part * sorted.length) - 1]!
        expect(Math.abs(histogram.quantile(part) / exact - 1)).toBeLessThan(0.0101)
      },
    ),
  )
})

test('what several processes counted is as if one had', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.double({ min: 0.01, max: 1e5, noNaN: true }), { maxLength: 50 })),
      parts => {
        const whole = new Histogram()
        for (const ms of parts.flat()) whole.add(ms)
        const together = new Histogram()
        for (const part of parts) {
          const histogram = new Histogram()
          for (const ms of part) histogram.add(ms)
          together.merge(histogram.packed())
        }
        expect(together.packed()).toEqual(whole.packed())
        expect(together.count).toBe(whole.count)
      },
    ),
  )
})

function aResult(latencies: readonly number[], errors: readonly string[] = []) {
  const recorder = new Recorder()
  for (const [i, ms] of latencies.entries()) {
    recorder.intended(0)
    recorder.ended(i * 1000, ms, ms / 2, undefined)
  }
  for (const error of errors) {
    recorder.intended(1)
    recorder.ended(0, 0, 0, error)
  }
  return recorder.result({ seconds: 2, bytesIn: 10, bytesOut: 20, cpu: 0.5, connections: 3 })
}

test('results of processes that ran beside each other add up; time is that of one', () => {
  const all = merged([aResult([1, 2], ['timeout']), aResult([4], ['timeout', 'HTTP 503'])])
  expect(all).toMatchObject({
    seconds: 2,
    intended: 6,
    answered: 3,
    errors: { timeout: 2, 'HTTP 503': 1 },
    maxMs: 4,
    bytesIn: 20,
    client: { cpu: 0.5, connections: 6 },
  })
  expect(all.meanMs).toBeCloseTo(7 / 3)
  expect(all.timeline.map(({ answered, failed }) => [answered, failed])).toEqual([
    [2, 3],
    [1, 0],
  ])
})

test('rounds that ran one after the other add up in time as well', () => {
  const rounds = [merged([aResult([1, 2])]), merged([aResult([3, 4])])]
  const all = joined(rounds)
  expect(all).toMatchObject({ seconds: 4, answered: 4, meanMs: 2.5, maxMs: 4 })
  expect(all.timeline.map(({ answered }) => answered)).toEqual([1, 1, 1, 1])
})

test('an error counts as an error, and in no percentile', () => {
  const result = aResult([], ['connection refused'])
  expect(result).toMatchObject({ intended: 1, answered: 0, errors: { 'connection refused': 1 }, latency: [] })
})
