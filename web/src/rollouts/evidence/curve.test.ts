import { expect, test } from 'vitest'
import { lastOf, metricLines, seenIn, spentLine, stepMarks } from './curve.ts'

const look = (second: number, step: number, harm: number, pass: number) => ({
  at: `2026-11-28T10:00:0${second}.000Z`,
  step,
  canaryRequests: 100 * (second + 1),
  spent: harm / 2,
  metrics: [
    { metric: 'errors', harm, pass },
    ...(second > 1 ? [{ metric: 'latency_p95', harm: 0, pass: 0.5 }] : []),
  ],
})
const CURVE = [look(0, 0, 0.1, 0.2), look(1, 0, 0.2, 1.1), look(2, 1, 0.3, 0.1), look(3, 1, 0.2, 0.4)]
const START = Date.parse('2026-11-28T10:00:00.000Z')

test('a metric’s lines go through its own looks', () => {
  expect(metricLines(CURVE, 'errors').pass.map(({ value }) => value)).toEqual([0.2, 1.1, 0.1, 0.4])
  expect(metricLines(CURVE, 'latency_p95').harm).toEqual([
    { at: START + 2000, value: 0 },
    { at: START + 3000, value: 0 },
  ])
  expect(metricLines(CURVE, 'accuracy').harm).toEqual([])
})

test('a step is marked where it began', () => {
  const marks = stepMarks(CURVE, step => ['5%', '25%'][step]!)
  expect(marks).toEqual([
    { at: START, text: '5%' },
    { at: START + 2000, text: '25%' },
  ])
})

test('the budget is a line of its own', () => {
  expect(spentLine(CURVE).map(({ value }) => value)).toEqual([0.05, 0.1, 0.15, 0.1])
})

test('before the first request there is no evidence, and what was before it is where a curve begins', () => {
  const before = { ...look(0, 0, 0, 0), canaryRequests: 0 }
  expect(seenIn([before])).toEqual([])
  expect(seenIn([before, look(1, 0, 0.1, 0.1)])).toHaveLength(2)
})

test('what a line came to is told in whole percents', () => {
  expect(lastOf([{ at: START, value: 0.12345 }])).toBe(0.12)
  expect(lastOf([])).toBe(0)
})
