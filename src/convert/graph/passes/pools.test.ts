import { expect, test } from 'vitest'
import { floats, relativeError, runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import { GraphBuilder } from '../builder.ts'
import type { Emitter, Value } from '../types.ts'

const mean = (b: Emitter, x: Value, keepdims: number, axes = [2, 3]) =>
  b.op('ReduceMean', [x, b.ints(axes)], { attributes: { keepdims: { int: keepdims } } })

test.each<readonly [string, (b: Emitter, x: Value) => Value, readonly string[]]>([
  ['means with their axes', (b, x) => mean(b, x, 1), ['GlobalAveragePool']],
  [
    'means that get their axes back',
    (b, x) => b.op('Mul', [x, b.op('Reshape', [mean(b, x, 0), b.ints([-1, 2, 1, 1])])]),
    ['GlobalAveragePool', 'Mul'],
  ],
  ['means that do not', (b, x) => mean(b, x, 0), ['ReduceMean']],
  ['means of rows', (b, x) => mean(b, x, 1, [3]), ['ReduceMean']],
])('%s', async (_, make, ops) => {
  const told = (passes: boolean) => {
    const graph = new GraphBuilder()
    const x = graph.input('x', { dtype: 'float32', shape: ['N', 2, 2, 3] })
    graph.output('y', make(graph.at({ name: 'a', kind: 'A' }), x))
    return graph.build({ name: 'pools', passes }).model
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
