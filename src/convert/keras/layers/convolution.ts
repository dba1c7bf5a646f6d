import type { OnnxTensor } from '../../../formats/index.ts'
import { conv, depthwise, type Padding, transposedConv } from '../../channels-last/index.ts'
import { permutedData } from '../../graph/permute.ts'
import { invalid } from '../config.ts'
import { floating } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerEntry, type LayerTable } from '../layer.ts'

/** `strides`, `dilation_rate` and `padding`; causal ones see nothing that comes later. */
function windowOf({ config }: LayerCall, rank: number, size: readonly number[]) {
  const padding = config.choice('padding', ['valid', 'same', 'causal'], 'valid')
  const dilations = config.ints('dilation_rate', rank, 1, { min: 1 })
  const before: Padding = size.map((n, i) => [(n - 1) * dilations[i]!, 0] as const)
  return {
    strides: config.ints('strides', rank, 1, { min: 1 }),
    dilations,
    padding: padding === 'causal' ? before : padding,
    layout: config.layout(),
  }
}

/** The first axes of a kernel are the window's. Throws CONVERT_INVALID for another rank. */
function sizeOf({ className, name }: LayerCall, shape: readonly number[], rank: number): readonly number[] {
  if (shape.length !== rank + 2)
    throw invalid(
      `The kernel of ${className} '${name}' has shape [${shape.join(', ')}]; ${rank + 2} axes are needed`,
    )
  return shape.slice(0, rank)
}

const biasOf = (call: LayerCall, index: number) =>
  call.config.bool('use_bias', true) ? { bias: call.weight('bias', index) } : {}

/** Keras 1 computed one axis as two: `[size, 1, in, out]`. */
function kernelOf({ weights, generation }: LayerCall, rank: number): OnnxTensor {
  const kernel = weights.get('kernel', 0)
  const [size, one, into, out] = kernel.shape
  const wide = generation === 1 && rank === 1 && kernel.shape.length === 4 && one === 1
  return wide ? { ...kernel, shape: [size!, into!, out!] } : kernel
}

const plain =
  (rank: number): ConvertLayer =>
  call => {
    const kernel = kernelOf(call, rank)
    const window = windowOf(call, rank, sizeOf(call, kernel.shape, rank))
    const x = floating(call.b, call.inputs[0], call.dtype)
    return [call.activate(conv(call.b, x, kernel, { ...window, ...biasOf(call, 1) }))]
  }

/** Keras 2 called the kernel `depthwise_kernel`. */
const depthwiseLayer =
  (rank: number): ConvertLayer =>
  call => {
    const kernel = call.weights.find('depthwise_kernel', 0) ?? call.weights.get('kernel', 0)
    const window = windowOf(call, rank, sizeOf(call, kernel.shape, rank))
    const x = floating(call.b, call.inputs[0], call.dtype)
    return [call.activate(depthwise(call.b, x, kernel, { ...window, ...biasOf(call, 1) }))]
  }

const separable =
  (rank: number): ConvertLayer =>
  call => {
    const [first, second] = [call.weights.get('depthwise_kernel', 0), call.weights.get('pointwise_kernel', 1)]
    const window = windowOf(call, rank, sizeOf(call, first.shape, rank))
    const x = floating(call.b, call.inputs[0], call.dtype)
    const each = depthwise(call.b, x, first, window)
    const mixed = conv(call.b, each, second, { padding: 'valid', layout: window.layout, ...biasOf(call, 2) })
    return [call.activate(mixed)]
  }

/** Keras 1 had what goes in before what comes out. */
function transposedKernel({ weights, generation }: LayerCall, rank: number): OnnxTensor {
  const kernel = weights.get('kernel', 0)
  const [into, out] = kernel.shape.slice(-2)
  if (generation > 1 || kernel.shape.length !== rank + 2) return kernel
  const spatial = kernel.shape.slice(0, -2)
  const order = [...spatial.keys(), rank + 1, rank]
  return { ...kernel, shape: [...spatial, out!, into!], data: permutedData(kernel, order) }
}

/**
 * With `output_padding`, Keras' output is (in − 1) · stride + reach + output_padding for `valid`, and
 * (in − 1) · stride + reach mod 2 + output_padding for `same`.
 */
const transposed =
  (rank: number): ConvertLayer =>
  call => {
    const { b, config } = call
    const kernel = transposedKernel(call, rank)
    const size = sizeOf(call, kernel.shape, rank)
    const padding = config.choice('padding', ['valid', 'same'], 'valid')
    const strides = config.ints('strides', rank, 1, { min: 1 })
    const dilations = config.ints('dilation_rate', rank, 1, { min: 1 })
    const more = config.has('output_padding') ? config.ints('output_padding', rank) : undefined
    const extent = more?.map((extra, i) => {
      const reach = (size[i]! - 1) * dilations[i]! + 1
      return extra + (padding === 'same' ? reach % 2 : reach)
    })
    const x = floating(b, call.inputs[0], call.dtype)
    const window = { strides, dilations, padding, layout: config.layout(), ...(extent && { extent }) }
    return [call.activate(transposedConv(b, x, kernel, { ...window, ...biasOf(call, 1) }))]
  }

function family(name: string, ranks: readonly number[], layer: (rank: number) => ConvertLayer): LayerTable {
  const entries = ranks.map((rank): readonly [string, LayerEntry] => [
    name.replace('#', `${rank}D`),
    full(layer(rank), 'stops'),
  ])
  return Object.fromEntries(entries)
}

export const convolutions: LayerTable = {
  ...family('Conv#', [1, 2, 3], plain),
  ...family('Conv#Transpose', [1, 2, 3], transposed),
  ...family('DepthwiseConv#', [1, 2], depthwiseLayer),
  ...family('SeparableConv#', [1, 2], separable),
}
