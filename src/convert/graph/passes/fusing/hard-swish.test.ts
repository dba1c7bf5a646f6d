import { expect, test } from 'vitest'
import { floats, relativeError, runOnnx } from '../../../../../test/fixtures/onnx-run.ts'
import { GraphBuilder } from '../../builder.ts'
import type { Emitter, Value } from '../../types.ts'

const shifted = (b: Emitter, x: Value) => b.op('Add', [x, b.scalar('float32', 3)])
const clipped = (b: Emitter, x: Value) =>
  b.op('Clip', [shifted(b, x), b.scalar('float32', 0), b.scalar('float32', 6)])
const sixth = (b: Emitter, x: Value) => b.op('Mul', [b.scalar('float32', 1 / 6), x])
const bySix = (b: Emitter, x: Value) => b.op('Div', [x, b.scalar('float32', 6)])
test.each<readonly [string, (b: Emitter, x: Value) => Value, readonly string[]]>([
  ['a gate', (b, x) => bySix(b, clipped(b, x)), ['HardSigmoid']],
  ['a gate times what it gates', (b, x) => b.op('Mul', [sixth(b, clipped(b, x)), x]), ['HardSwish']],
  ['a product, divided', (b, x) => bySix(b, b.op('Mul', [x, clipped(b, x)])), ['HardSwish']],
  [
    'the gate of something else',
    (b, x) => b.op('Mul', [b.op('Exp', [x]), bySix(b, clipped(b, x))]),
    ['Exp', 'HardSigmoid', 'Mul'],
  ],
  [
    'what is used beside',
    (b, x) => {
      const inner = clipped(b, x)
      return b.op('Sub', [bySix(b, inner), inner])
    },
    ['Add', 'Clip', 'Div', 'Sub'],
  ],
  [
    'other bounds',
    (b, x) => bySix(b, b.op('Clip', [shifted(b, x), b.scalar('float32', 1), b.scalar('float32', 6)])),
    ['Add', 'Clip', 'Div'],
  ],
])('%s', async (_, make, ops) => {
  const told = (passes: boolean) => {
    const graph = new GraphBuilder()
    const x = graph.input('x', { dtype: 'float32', shape: ['N', 2, 2, 3] })
    graph.output('y', make(graph.at({ name: 'a', kind: 'A' }), x))
    return graph.build({ name: 'gates', passes }).model
  }
  const model = told(true)
  expect(model.graph.nodes.map(({ op }) => op)).toEqual(ops)
  const feeds = {
    x: floats(
      [2, 2, 2, 3],
      Array.from({ length: 24 }, (_item, i) => i / 2 - 6),
    ),
  }
  const [actual, expected] = [await runOnnx(model, feeds), await runOnnx(told(false), feeds)]
  expect(relativeError(actual['y']!, expected['y']!)).toBeLessThan(1e-5)
})
