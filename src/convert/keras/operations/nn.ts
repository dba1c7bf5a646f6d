import { type Pooling, pool } from '../../channels-last/index.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import {
  ACTIVATIONS,
  celu,
  elu,
  gelu,
  glu,
  hardShrink,
  leakyRelu,
  softmax,
  softShrink,
  sparsemax,
  squareplus,
  threshold,
} from '../activations.ts'
import { axisOf, cast, floating, same, shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerTable, limited } from '../layer.ts'
import { settingsOf, tensorOf } from './operands.ts'

const inputOf = (call: LayerCall): Value =>
  floating(call.b, tensorOf(call, 0, 'x', 'features', 'logits', 'inputs'), 'float32')

/** What `keras.activations` has by that name, with its defaults. */
const named =
  (name: string): ConvertLayer =>
  call => [ACTIVATIONS[name]!(call.b, inputOf(call), 3)]

const set =
  (compute: (call: LayerCall, x: Value) => Value): ConvertLayer =>
  call => [compute(call, inputOf(call))]

const number = (call: LayerCall, keys: string, fallback: number): number => {
  const settings = settingsOf(call)
  const key = keys.split(' ').find(name => settings.has(name))
  return key === undefined ? fallback : settings.number(key)
}

const softmaxOf = (log: boolean): ConvertLayer =>
  set((call, x) => {
    const axis = settingsOf(call).int('axis', -1, { min: -64 })
    return softmax(call.b, x, axisOf(axis, shapeOf(x).length), log)
  })

const pooled =
  (kind: Pooling): ConvertLayer =>
  call => {
    const x = inputOf(call)
    const { config } = call
    const rank = shapeOf(x).length - 2
    const size = config.ints('pool_size', rank, undefined, { min: 1 })
    const strides = config.has('strides') ? config.ints('strides', rank, undefined, { min: 1 }) : size
    const padding = config.choice('padding', ['valid', 'same'], 'valid')
    return [pool(call.b, x, kind, { size, strides, padding, layout: config.layout() })]
  }

const oneHot: ConvertLayer = call => {
  const { b } = call
  const settings = settingsOf(call)
  const indices = cast(b, tensorOf(call, 0, 'x', 'indices'), 'int64')
  const count = settings.int(settings.has('depth') ? 'depth' : 'num_classes', undefined, { min: 1 })
  const rank = shapeOf(indices).length + 1
  const axis = axisOf(settings.int('axis', -1, { min: -64 }), rank)
  const dtype = settings.choice('dtype', ['float32', 'float16', 'int32', 'int64', 'bool'], 'float32')
  // An index out of range has no place: ONNX would count negative ones from the end.
  const place = b.op('Where', [
    b.op('Less', [indices, b.scalar('int64', 0)]),
    b.scalar('int64', count),
    indices,
  ])
  const wide = b.op('OneHot', [place, b.scalar('int64', count + 1), b.constant('float32', [2], [0, 1])], {
    attributes: { axis: { int: axis } },
  })
  const kept = b.op('Slice', [wide, b.ints([0]), b.ints([count]), b.ints([axis])])
  return [cast(b, kept, dtype)]
}

/** x / max(‖x‖, epsilon). */
const normalize: ConvertLayer = call => {
  const { b } = call
  const settings = settingsOf(call)
  const x = inputOf(call)
  if (settings.number('order', 2) !== 2) throw new Refusal('another order than 2')
  const axes = (settings.has('axis') ? settings.intList('axis') : [-1]).map(axis =>
    axisOf(axis, shapeOf(x).length),
  )
  const squares = b.op('ReduceSumSquare', [x, b.ints(axes)])
  const floor = b.op('Max', [squares, b.scalar(x.dtype, settings.number('epsilon', 1e-7) ** 2)])
  return [b.op('Div', [x, same(b, 'Sqrt', floor)])]
}

const blocks =
  (op: 'DepthToSpace' | 'SpaceToDepth'): ConvertLayer =>
  call => {
    const { b, config } = call
    const x = inputOf(call)
    const size = config.int('block_size', undefined, { min: 1 })
    const first = config.layout() === 'channels-first'
    const turned = first ? x : b.op('Transpose', [x], { attributes: { perm: { ints: [0, 3, 1, 2] } } })
    const y = b.op(op, [turned], { attributes: { blocksize: { int: size } } })
    return [first ? y : b.op('Transpose', [y], { attributes: { perm: { ints: [0, 2, 3, 1] } } })]
  }

const all = (converters: Readonly<Record<string, ConvertLayer>>): LayerTable =>
  Object.fromEntries(Object.entries(converters).map(([name, convert]) => [name, full(convert, 'stops')]))

const topK: ConvertLayer = call => {
  const { b } = call
  const settings = settingsOf(call)
  const x = tensorOf(call, 0, 'x', 'input')
  const [values, places] = b.ops('TopK', [x, b.ints([settings.int('k', 1, { min: 1 })])], 2, {
    attributes: { axis: { int: -1 } },
  })
  return [values!, cast(b, places!, 'int32')]
}

export const neural: LayerTable = {
  ...all({
    Relu: named('relu'),
    Relu6: named('relu6'),
    Sigmoid: named('sigmoid'),
    Silu: named('silu'),
    Selu: named('selu'),
    Softplus: named('softplus'),
    Softsign: named('softsign'),
    HardSigmoid: named('hard_sigmoid'),
    HardSilu: named('hard_silu'),
    HardTanh: named('hard_tanh'),
    LogSigmoid: named('log_sigmoid'),
    TanhShrink: named('tanh_shrink'),
    SparsePlus: named('sparse_plus'),
    SparseSigmoid: named('sparse_sigmoid'),
    Softmax: softmaxOf(false),
    LogSoftmax: softmaxOf(true),
    LeakyRelu: set((call, x) => leakyRelu(call.b, x, number(call, 'negative_slope alpha', 0.2))),
    Elu: set((call, x) => elu(call.b, x, number(call, 'alpha', 1))),
    Celu: set((call, x) => celu(call.b, x, number(call, 'alpha', 1))),
    Gelu: set((call, x) => gelu(call.b, x, settingsOf(call).bool('approximate', call.generation >= 3))),
    HardShrink: set((call, x) => hardShrink(call.b, x, number(call, 'threshold', 0.5))),
    SoftShrink: set((call, x) => softShrink(call.b, x, number(call, 'threshold', 0.5))),
    Squareplus: set((call, x) => squareplus(call.b, x, number(call, 'b', 4))),
    Threshold: set((call, x) =>
      threshold(call.b, x, call.config.number('threshold'), call.config.number('default_value')),
    ),
    MaxPool: pooled('max'),
    AveragePool: pooled('average'),
    OneHot: oneHot,
    DepthToSpace: blocks('DepthToSpace'),
    SpaceToDepth: blocks('SpaceToDepth'),
    TopK: topK,
  }),
  Glu: limited(
    'axes of known size',
    set((call, x) => glu(call.b, x, call.config.int('axis', -1, { min: -64 }))),
    'stops',
  ),
  Sparsemax: limited(
    'axes of known size',
    set((call, x) => sparsemax(call.b, x, call.config.int('axis', -1, { min: -64 }))),
    'stops',
  ),
  Normalize: limited('order 2', normalize, 'stops'),
}
