import { expect, test } from 'vitest'
import { floats, relativeError, runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import { GraphBuilder } from '../builder.ts'
import type { Emitter, Value } from '../types.ts'

const IMAGE = { dtype: 'float32', shape: ['N', 8, 8, 4] } as const
const TO_FIRST = { perm: { ints: [0, 3, 1, 2] } }
const TO_LAST = { perm: { ints: [0, 2, 3, 1] } }

let seed = 0
const weights = (b: Emitter, shape: readonly number[]) =>
  b.weight({
    dtype: 'float32',
    shape,
    data: new Uint8Array(
      Float32Array.from({ length: shape.reduce((a, c) => a * c, 1) }, () => Math.sin(++seed) / 4).buffer,
    ),
  })

/** As converters emit an op with channels first. */
function imageOp(b: Emitter, op: string, x: Value, rest: readonly Value[], attributes = {}): Value {
  const first = b.op('Transpose', [x], { attributes: TO_FIRST })
  return b.op('Transpose', [b.op(op, [first, ...rest], { attributes })], { attributes: TO_LAST })
}

const conv = (b: Emitter, x: Value, out: number, size = 3) =>
  imageOp(b, 'Conv', x, [weights(b, [out, Number(x.shape!.at(-1)), size, size])], {
    auto_pad: { text: 'SAME_UPPER' },
  })

const biased = (b: Emitter, x: Value) => b.op('Add', [x, weights(b, [Number(x.shape!.at(-1))])])

const norm = (b: Emitter, x: Value) => {
  const c = Number(x.shape!.at(-1))
  const variance = b.op('Abs', [weights(b, [c])])
  return imageOp(b, 'BatchNormalization', x, [weights(b, [c]), weights(b, [c]), weights(b, [c]), variance])
}

/** Squeeze and excite, as MobileNetV3 has it: means, two convolutions, a gate. */
function excited(b: Emitter, x: Value): Value {
  const c = Number(x.shape!.at(-1))
  const means = b.op('ReduceMean', [x, b.ints([1, 2])], { attributes: { keepdims: { int: 0 } } })
  const wide = b.op('Reshape', [means, b.ints([-1, 1, 1, c])])
  const gate = b.op('HardSigmoid', [conv(b, b.op('Relu', [conv(b, wide, 2, 1)]), c, 1)])
  return b.op('Mul', [x, gate])
}

const padded = (b: Emitter, x: Value) => b.op('Pad', [x, b.ints([0, 1, 1, 0, 0, 1, 1, 0])])
const pooled = (b: Emitter, x: Value) =>
  imageOp(b, 'MaxPool', x, [], { kernel_shape: { ints: [3, 3] }, strides: { ints: [2, 2] } })

/** Dense layers over what an image comes to. */
const dense = (b: Emitter, x: Value) => b.op('MatMul', [x, weights(b, [Number(x.shape!.at(-1)), 3])])

const means = (b: Emitter, x: Value) =>
  b.op('ReduceMean', [x, b.ints([1, 2])], { attributes: { keepdims: { int: 0 } } })

const NETS: readonly (readonly [string, number, (b: Emitter, x: Value) => Value])[] = [
  ['a chain ends with its means', 1, (b, x) => dense(b, means(b, norm(b, biased(b, conv(b, x, 6)))))],
  [
    'a chain is flattened',
    2,
    (b, x) => dense(b, b.op('Flatten', [b.op('Relu', [conv(b, pooled(b, padded(b, conv(b, x, 6))), 5)])])),
  ],
  [
    'residuals',
    1,
    (b, x) => {
      let y = conv(b, x, 4)
      for (let i = 0; i < 3; i++)
        y = b.op('Relu', [b.op('Add', [norm(b, conv(b, b.op('Relu', [norm(b, conv(b, y, 4))]), 4)), y])])
      return dense(b, means(b, y))
    },
  ],
  [
    'squeeze and excite',
    1,
    (b, x) => dense(b, means(b, excited(b, b.op('HardSwish', [conv(b, excited(b, conv(b, x, 6)), 6)])))),
  ],
  [
    'branches are joined',
    1,
    (b, x) => {
      const y = conv(b, x, 4)
      const joined = b.op('Concat', [conv(b, y, 3, 1), b.op('Relu', [conv(b, y, 2)]), y], {
        attributes: { axis: { int: -1 } },
      })
      const [left, right] = b.ops('Split', [joined, b.ints([4, 5])], 2, { attributes: { axis: { int: 3 } } })
      return dense(
        b,
        means(b, conv(b, b.op('Concat', [right!, left!], { attributes: { axis: { int: 3 } } }), 2)),
      )
    },
  ],
  [
    'the input is scaled, and joins later',
    1,
    (b, x) => {
      const y = b.op('Sub', [b.op('Mul', [x, b.scalar('float32', 0.5)]), weights(b, [4])])
      return dense(b, means(b, b.op('Add', [conv(b, y, 4), y])))
    },
  ],
  ['a map of classes', 2, (b, x) => b.op('Softmax', [conv(b, x, 6)], { attributes: { axis: { int: -1 } } })],
  [
    'the global pool keeps its axes',
    1,
    (b, x) => dense(b, b.op('Flatten', [imageOp(b, 'GlobalAveragePool', conv(b, x, 6), [])])),
  ],
  [
    'the largest class of each place',
    1,
    (b, x) => b.op('ArgMax', [conv(b, x, 6)], { attributes: { axis: { int: 3 }, keepdims: { int: 0 } } }),
  ],
]

test.each(NETS)('%s: %i transposes are left', async (_, left, make) => {
  const told = (passes: boolean) => {
    seed = 0
    const graph = new GraphBuilder()
    const x = graph.input('x', IMAGE)
    graph.output('y', make(graph.at({ name: 'net', kind: 'Net' }), x))
    return graph.build({ name: 'net', passes })
  }
  const after = told(true)
  expect(after.model.graph.nodes.filter(({ op }) => op === 'Transpose')).toHaveLength(left)
  expect(after.model.graph.nodes.filter(({ op }) => op === 'Identity')).toEqual([])
  const feeds = {
    x: floats(
      [2, 8, 8, 4],
      Array.from({ length: 512 }, (_value, i) => Math.cos(i * 0.7)),
    ),
  }
  const [expected, actual] = [await runOnnx(told(false).model, feeds), await runOnnx(after.model, feeds)]
  expect(relativeError(actual['y']!, expected['y']!)).toBeLessThan(1e-4)
})
