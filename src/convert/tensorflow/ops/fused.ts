import { batchNorm } from '../../channels-last/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { convolved } from './conv.ts'
import { emit, input, like, rankOf } from './emit.ts'
import { matmul } from './matmul.ts'
import { layoutOf } from './window.ts'

type Activation = (b: Emitter, x: Value, call: OpCall) => Value

const plain =
  (op: string): Activation =>
  (b, x) =>
    emit(b, op, [x])

const gelu =
  (approximate: 'tanh' | 'none'): Activation =>
  (b, x) =>
    emit(b, 'Gelu', [x], { attributes: { approximate: { text: approximate } } })

/** What optimisers of TensorFlow and TF.js put behind an op, in its node. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  Relu: plain('Relu'),
  Elu: plain('Elu'),
  Tanh: plain('Tanh'),
  Sigmoid: plain('Sigmoid'),
  Relu6: (b, x) => emit(b, 'Clip', [x, like(b, x, 0), like(b, x, 6)]),
  LeakyRelu: (b, x, { attributes }) =>
    emit(b, 'LeakyRelu', [x], { attributes: { alpha: { float: attributes.float('leakyrelu_alpha', 0.2) } } }),
  GeluApproximate: gelu('tanh'),
  GeluExact: gelu('none'),
}

/** What stands behind an op's own two inputs is taken in turn by what is fused with it. */
function fused(call: OpCall, y: Value): Value {
  const args = call.inputs.slice(2)
  const take = (): Value => {
    const next = args.shift()
    if (!next)
      throw new Refusal(
        `fused_ops=[${call.attributes.texts('fused_ops', []).join(', ')}] with too few inputs`,
      )
    return next
  }
  return call.attributes.texts('fused_ops', []).reduce((x, name) => fuse(call, x, name, take), y)
}

function fuse(call: OpCall, x: Value, name: string, take: () => Value): Value {
  const { emitter: b } = call
  if (name === 'BiasAdd') return emit(b, 'Add', [x, alongChannels(call, x, take())])
  if (name === 'Add') return emit(b, 'Add', [x, take()])
  if (name === 'Prelu') {
    const negative = emit(b, 'Mul', [emit(b, 'Min', [x, like(b, x, 0)]), take()])
    return emit(b, 'Add', [emit(b, 'Relu', [x]), negative])
  }
  if (name === 'FusedBatchNorm') {
    const [scale, offset, mean, variance] = [take(), take(), take(), take()]
    const epsilon = call.attributes.float('epsilon', 1e-4)
    return batchNorm(b, x, { scale, offset, mean, variance, epsilon }, layoutOf(call))
  }
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined
  if (!activation) throw new Refusal(`fused with ${name.slice(0, 40)}`)
  return activation(b, x, call)
}

/** A vector of channels, to be added to an image. */
function alongChannels(call: OpCall, x: Value, bias: Value): Value {
  const { emitter: b } = call
  if (!call.attributes.has('data_format') || layoutOf(call) === 'channels-last') return bias
  const axes = Array.from({ length: rankOf(x) - 2 }, (_, i) => i + 1)
  return b.op('Unsqueeze', [bias, b.ints(axes)])
}

const fusedMatMul: Convert = call => {
  input(call, 1)
  return fused(call, matmul(call, 'transpose_a', 'transpose_b'))
}

export const fusedOps: OpTable = {
  _FusedConv2D: { convert: call => fused(call, convolved(call, 2)) },
  FusedDepthwiseConv2dNative: { convert: call => fused(call, convolved(call, 2, 'depthwise')) },
  _FusedDepthwiseConv2dNative: { convert: call => fused(call, convolved(call, 2, 'depthwise')) },
  _FusedMatMul: { convert: fusedMatMul },
}
