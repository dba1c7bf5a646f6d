import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Form, measuredForms, type OptimizationView, paretoFront } from './pareto.ts'
import { AREA, axisTo, placeDots, placeX, placeY } from './picture-geometry.ts'

const aForm = (given: Partial<Form> = {}): Form => ({
  name: 'int8',
  outcome: 'passed',
  bytes: 100,
  memory: undefined,
  slowness: 1,
  metric: 0.98,
  ...given,
})

const front = (forms: readonly Form[], better?: 'higher' | 'lower') =>
  [...paretoFront(forms, better)].map(({ name }) => name)

test('of two, the one that is better in one thing and worse in none stands alone', () => {
  expect(front([aForm({ name: 'slow', slowness: 2 }), aForm({ name: 'fast' })])).toEqual(['fast'])
})

test('what is smaller, what is faster and what is better all stand', () => {
  const forms = [
    aForm({ name: 'small', bytes: 10 }),
    aForm({ name: 'fast', slowness: 0.5 }),
    aForm({ name: 'good', metric: 0.99 }),
    aForm({ name: 'none', bytes: 120, slowness: 1.2, metric: 0.9 }),
  ]
  expect(front(forms)).toEqual(['small', 'fast', 'good'])
})

test('what holds less memory stands, where each was measured', () => {
  const forms = [aForm({ name: 'heavy', memory: 90 }), aForm({ name: 'light', memory: 30, slowness: 2 })]
  expect(front(forms)).toEqual(['heavy', 'light'])
  expect(front([...forms, aForm({ name: 'unknown', slowness: 0.5 })])).toEqual(['unknown'])
})

test('an error that is lower is better', () => {
  const forms = [aForm({ name: 'more', metric: 0.3 }), aForm({ name: 'less', metric: 0.2 })]
  expect(front(forms, 'lower')).toEqual(['less'])
  expect(front(forms, 'higher')).toEqual(['more'])
})

const anyForm = fc.record({
  name: fc.string({ maxLength: 20 }),
  outcome: fc.constantFrom<Form['outcome']>('passed', 'failed', 'inconclusive'),
  bytes: fc.nat(1e12),
  memory: fc.constant(undefined),
  slowness: fc.double({ min: 0, max: 1000, noNaN: true }),
  metric: fc.double({ min: 0, max: 1, noNaN: true }),
})
const someForms = fc.array(anyForm, { minLength: 1, maxLength: 12 })

test('nothing on the front is beaten, and whatever is off it is beaten by one on it', () => {
  fc.assert(
    fc.property(someForms, forms => {
      const best = paretoFront(forms)
      expect(best.size).toBeGreaterThan(0)
      for (const form of forms.filter(each => !best.has(each)))
        expect([...best].some(each => paretoFront([form, each]).size === 1)).toBe(true)
      for (const form of best)
        for (const other of forms) expect(paretoFront([form, other]).has(form)).toBe(true)
    }),
  )
})

test('every dot stands inside, and no label on another', () => {
  fc.assert(
    fc.property(someForms, forms => {
      const axes = {
        x: axisTo(Math.max(...forms.map(({ bytes }) => bytes))),
        y: axisTo(Math.max(...forms.map(({ slowness }) => slowness))),
      }
      const dots = placeDots(forms, axes, ({ name }) => `${name}`)
      expect(dots).toHaveLength(forms.length)
      for (const { x, y } of dots) {
        expect(x).toBeGreaterThanOrEqual(AREA.left)
        expect(x).toBeLessThanOrEqual(AREA.right)
        expect(y).toBeGreaterThanOrEqual(AREA.top)
        expect(y).toBeLessThanOrEqual(AREA.bottom)
      }
      const places = dots.map(({ label: { x, y, anchor } }) => `${anchor} ${x} ${y}`)
      expect(new Set(places).size).toBe(places.length)
    }),
  )
})

test('axes begin at zero, and their ticks are round', () => {
  const axis = axisTo(1_000_000)
  expect(axis.ticks).toEqual([500_000, 1_000_000])
  expect(placeX(axis, 0)).toBe(AREA.left)
  expect(placeY(axisTo(2), 0)).toBe(AREA.bottom)
  expect(axisTo(0).ticks.length).toBeGreaterThan(0)
})

test('only what was measured is drawn, in the original’s latency of the same run', () => {
  const measured = (p50: number) => {
    const memory = { steady: 30 * p50, peak: 40 * p50 }
    return { bytes: 60, load: 1, latencyP50: p50, latencyP99: 2, runs: 10, memory }
  }
  const view: OptimizationView = {
    prefer: 'latency',
    machine: { processor: 'one', architecture: 'x64', instructions: [], threads: 1 },
    original: { bytes: 100, metrics: { accuracy: 0.98 }, intervals: {} },
    tried: [
      {
        name: 'int8',
        change: 'int8',
        outcome: 'passed',
        judged: { metrics: { accuracy: 0.97 }, intervals: {}, gates: [] },
        measured: { original: measured(4), variant: measured(2) },
      },
      { name: 'fp16', change: 'fp16', outcome: 'refused', reason: 'NaN' },
    ],
    chosen: 'int8',
    metric: { name: 'accuracy', better: 'higher' },
  }
  expect(measuredForms(view)).toEqual([
    { name: undefined, outcome: 'passed', bytes: 100, memory: 120, slowness: 1, metric: 0.98 },
    { name: 'int8', outcome: 'passed', bytes: 60, memory: 60, slowness: 0.5, metric: 0.97 },
  ])
})
