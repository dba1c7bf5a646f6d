import { expect, test } from 'vitest'
import { floats, relativeError, runOnnx } from '../../../../../test/fixtures/onnx-run.ts'
import type { Tensor } from '../../../../core/index.ts'
import type { OnnxModel } from '../../../../formats/index.ts'
import { GraphBuilder } from '../../builder.ts'
import type { Emitter, Value } from '../../types.ts'

function made(make: (b: Emitter, x: Value) => Value): OnnxModel {
  const graph = new GraphBuilder()
  const x = graph.input('x', { dtype: 'float32', shape: ['N', 4] })
  graph.output('y', make(graph.at({ name: 'layer', kind: 'Layer' }), x))
  return graph.build({ name: 'fusing' }).model
}

const X = [-3, -1, -0.25, 0, 0.5, 1, 2, 4]
const opsOf = ({ graph }: OnnxModel) => graph.nodes.map(({ op }) => op)

async function answer(model: OnnxModel): Promise<Tensor> {
  return (await runOnnx(model, { x: floats([2, 4], X) }))['y']!
}

const number = (b: Emitter, value: number): Value => b.scalar('float32', value)
const add = (b: Emitter, x: Value, y: Value): Value => b.op('Add', [x, y])
const mul = (b: Emitter, x: Value, y: Value): Value => b.op('Mul', [x, y])
const half = (b: Emitter, x: Value): Value => mul(b, number(b, 0.5), x)
const scaled = (b: Emitter, x: Value): Value => mul(b, x, number(b, Math.SQRT1_2))

/** Abramowitz & Stegun 7.1.26, to 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x))
  const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
  return Math.sign(x) * (1 - sum * Math.exp(-x * x))
}

const exact = (x: number): number => 0.5 * x * (1 + erf(x * Math.SQRT1_2))
const nearly = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

function tanhGate(b: Emitter, x: Value, cube: Value, factor = 0.044715): Value {
  const inner = mul(b, number(b, Math.sqrt(2 / Math.PI)), add(b, x, mul(b, number(b, factor), cube)))
  return add(b, number(b, 1), b.op('Tanh', [inner]))
}

test.each<readonly [string, (b: Emitter, x: Value) => Value, (x: number) => number]>([
  ['by erf', (b, x) => mul(b, half(b, x), add(b, number(b, 1), b.op('Erf', [scaled(b, x)]))), exact],
  [
    'by erf of a quotient, halved at last',
    (b, x) =>
      half(b, mul(b, x, add(b, b.op('Erf', [b.op('Div', [x, number(b, Math.SQRT2)])]), number(b, 1)))),
    exact,
  ],
  [
    'by erfc',
    (b, x) => mul(b, half(b, x), b.op('Sub', [number(b, 1), b.op('Erf', [scaled(b, b.op('Neg', [x]))])])),
    exact,
  ],
  [
    'by tanh and a power',
    (b, x) => mul(b, half(b, x), tanhGate(b, x, b.op('Pow', [x, number(b, 3)]))),
    nearly,
  ],
  ['by tanh and products', (b, x) => mul(b, half(b, x), tanhGate(b, x, mul(b, x, mul(b, x, x)))), nearly],
])('GELU %s is one operator', async (_, make, expected) => {
  const model = made(make)
  expect(opsOf(model)).toEqual(['Gelu'])
  expect(relativeError(await answer(model), floats([2, 4], X.map(expected)))).toBeLessThan(1e-5)
})

test.each<readonly [string, (b: Emitter, x: Value) => Value]>([
  ['another factor', (b, x) => mul(b, half(b, x), tanhGate(b, x, b.op('Pow', [x, number(b, 3)]), 0.05))],
  ['another scale', (b, x) => mul(b, half(b, x), add(b, number(b, 1), b.op('Erf', [x])))],
  ['the other sign', (b, x) => mul(b, half(b, x), b.op('Sub', [number(b, 1), b.op('Erf', [scaled(b, x)])]))],
  ['no half', (b, x) => mul(b, x, add(b, number(b, 1), b.op('Erf', [scaled(b, x)])))],
])('%s is no GELU', (_, make) => {
  expect(opsOf(made(make))).not.toContain('Gelu')
})

const SCALE = [1, 2, 0.5, -1]
const OFFSET = [0, 0.25, -1, 3]
const EPSILON = 0.01

interface Spelling {
  readonly axis?: number
  readonly shift?: 'difference' | 'negated'
  readonly mean?: (b: Emitter, x: Value) => Value
}

/** As TensorFlow's and Keras' graphs have it. */
function norm(b: Emitter, x: Value, { axis = -1, shift = 'difference', mean: otherMean }: Spelling): Value {
  const reduced = (v: Value): Value =>
    b.op('ReduceMean', [v, b.ints([axis])], { attributes: { keepdims: { int: 1 } } })
  const mean = reduced(x)
  const centred = b.op('Sub', [x, mean])
  const variance = add(b, reduced(mul(b, centred, centred)), number(b, EPSILON))
  const inverse = b.op('Reciprocal', [b.op('Sqrt', [variance])])
  const k = mul(b, inverse, b.constant('float32', [4], SCALE))
  const offset = b.constant('float32', [4], OFFSET)
  const taken = otherMean?.(b, x) ?? mean
  const rest =
    shift === 'difference'
      ? b.op('Sub', [offset, mul(b, taken, k)])
      : add(b, mul(b, b.op('Neg', [taken]), k), offset)
  return add(b, mul(b, x, k), rest)
}

function normed(): Tensor {
  const rows = [X.slice(0, 4), X.slice(4)]
  return floats(
    [2, 4],
    rows.flatMap(row => {
      const mean = row.reduce((sum, x) => sum + x, 0) / 4
      const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4
      return row.map((x, i) => ((x - mean) / Math.sqrt(variance + EPSILON)) * SCALE[i]! + OFFSET[i]!)
    }),
  )
}

test.each<Spelling>([{}, { shift: 'negated' }, { axis: 1 }])(
  'layer normalisation is one operator: %o',
  async how => {
    const model = made((b, x) => norm(b, x, how))
    expect(opsOf(model)).toEqual(['LayerNormalization'])
    expect(relativeError(await answer(model), normed())).toBeLessThan(1e-5)
  },
)

test.each<Spelling>([
  { axis: 0 },
  { mean: (b, x) => b.op('ReduceMax', [x, b.ints([-1])], { attributes: { keepdims: { int: 1 } } }) },
])('what is no layer normalisation stays: %o', how => {
  expect(opsOf(made((b, x) => norm(b, x, how)))).not.toContain('LayerNormalization')
})
