import { describe, expect, test } from 'vitest'
import { runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import { GraphBuilder } from '../../graph/builder.ts'
import type { Value } from '../../graph/types.ts'
import { erf } from '../estimators/decomposition/process/erf.ts'
import { Arithmetic } from './arithmetic.ts'
import { squaredDistances, summedDistances } from './distances.ts'

/** What ONNX Runtime makes of a formula over float64 x. */
async function computed(
  x: readonly number[],
  formula: (m: Arithmetic, x: Value) => Value | Promise<Value>,
  shape: readonly number[] = [x.length],
): Promise<number[]> {
  const graph = new GraphBuilder()
  const input = graph.input('x', { dtype: 'float64', shape: ['N', ...shape.slice(1)] })
  graph.output('y', await formula(new Arithmetic(graph.at({ name: 'formula', kind: 'test' })), input))
  const { model } = graph.build({ name: 'formula' })
  const { y } = await runOnnx(model, { x: { dtype: 'float64', shape, data: Float64Array.from(x) } })
  return Array.from(y!.data, Number)
}

describe('formulas', () => {
  test('the logistic function keeps its tail', async () => {
    const x = [-700, -300, -40, -1, 0, 3, 800]
    const found = await computed(x, (m, value) => m.logistic(value))
    for (const [i, y] of found.entries()) expect(y / (1 / (1 + Math.exp(-x[i]!)))).toBeCloseTo(1, 13)
  })

  // scipy.special.erf.
  test.each([
    [0, 0],
    [1e-5, 1.1283791670578999e-5],
    [0.3, 0.3286267594591274],
    [-1, -0.8427007929497148],
    [2.5, 0.999593047982555],
    [-9, -1],
  ])('erf(%d)', async (x, expected) => {
    const [found] = await computed([x], erf)
    expect(Math.abs(found! - expected)).toBeLessThan(2e-11)
  })

  test('the sum of exponents neither overflows nor vanishes', async () => {
    const found = await computed([800, 801, -900, -900], (m, x) => m.logSumExp(x, 1), [2, 2])
    expect(found[0]).toBeCloseTo(801 + Math.log1p(Math.exp(-1)), 10)
    expect(found[1]).toBeCloseTo(-900 + Math.LN2, 10)
  })
})

describe('distances', () => {
  const rows = [0.1, 0.2, 5.1, 3.5]
  const fitted = (m: Arithmetic) => m.numbers([0.3, 0.1, 5.1, 3.5, 0, 0], [3, 2])
  const pairs = [0, 1].flatMap(i =>
    [
      [0.3, 0.1],
      [5.1, 3.5],
      [0, 0],
    ].map(y => [rows[2 * i]! - y[0]!, rows[2 * i + 1]! - y[1]!]),
  )

  test.each([
    ['squared', (a: number, b: number) => a * a + b * b],
    ['manhattan', (a: number, b: number) => Math.abs(a) + Math.abs(b)],
    ['chebyshev', (a: number, b: number) => Math.max(Math.abs(a), Math.abs(b))],
  ] as const)('that are added up are exact: %s', async (metric, distance) => {
    const found = await computed(rows, (m, x) => summedDistances(m, x, fitted(m), metric), [2, 2])
    expect(found).toEqual(pairs.map(([a, b]) => distance(a!, b!)))
  })

  test('that are multiplied out are nowhere below 0', async () => {
    const found = await computed(rows, (m, x) => squaredDistances(m, x, fitted(m)), [2, 2])
    for (const [i, [a, b]] of pairs.entries()) expect(found[i]).toBeCloseTo(a! * a! + b! * b!, 12)
    expect(Math.min(...found)).toBeGreaterThanOrEqual(0)
  })
})
