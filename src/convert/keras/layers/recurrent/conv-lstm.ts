import type { OnnxTensor } from '../../../../formats/index.ts'
import { type ConvOptions, conv, fromFirst, type Layout, toFirst } from '../../../channels-last/index.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import {
  type Activation,
  type Recurrence,
  runScan,
  type StepCell,
  type Steps,
} from '../../../recurrent/index.ts'
import { Refusal } from '../../../refusals.ts'
import { activationName } from '../../activations.ts'
import { invalid } from '../../config.ts'
import { shapeOf } from '../../emit.ts'
import type { Generation, Layer, LayerCall } from '../../layer.ts'
import { foldTime, unfoldTime } from '../sequence/fold.ts'
import { cellActivation } from './activation.ts'
import type { Runner } from './runner.ts'

const RANKS: ReadonlyMap<string, number> = new Map([
  ['ConvLSTM1D', 1],
  ['ConvLSTM2D', 2],
  ['ConvLSTM3D', 3],
])

export function isConvLstm({ className }: Layer): boolean {
  return RANKS.has(className)
}

/**
 * The cell of a ConvLSTM (Shi et al., "Convolutional LSTM Network", 2015, without peepholes):
 *
 *   i, f, o = σ(W * x + R * h + b)
 *   c′ = f · c + i · tanh(W * x + R * h + b)
 *   h′ = o · tanh(c′)
 *
 * The input's convolution is done for all steps at once, the state's in a Scan, where channels stand first, as ONNX
 * has them.
 */
export function convLstmCell(call: LayerCall, layer: Layer, sequence: Value): Runner {
  const { config } = layer
  const rank = RANKS.get(layer.className)!
  const weights = layer.weights.child('cell')
  const parts: ConvCell = {
    layer,
    rank,
    layout: config.layout(),
    filters: config.int('filters', undefined, { min: 1 }),
    kernel: weights.get('kernel', 0),
    recurrent: weights.get('recurrent_kernel', 1),
    bias: config.bool('use_bias', true) ? weights.get('bias', 2) : undefined,
    window: {
      padding: config.choice('padding', ['same', 'valid'], 'valid'),
      strides: config.ints('strides', rank, 1, { min: 1 }),
      dilations: config.ints('dilation_rate', rank, 1, { min: 1 }),
    },
  }
  if (sequence.shape?.length !== rank + 3)
    throw invalid(
      `${layer.className} '${layer.name}' takes [batch, steps, …${rank} axes, channels], and gets ${sequence.shape?.length ?? 'unknown'} axes`,
    )
  return { states: 2, run: (b, steps) => run(b, call, parts, steps) }
}

interface ConvCell {
  readonly layer: Layer
  readonly rank: number
  readonly layout: Layout
  readonly filters: number
  readonly kernel: OnnxTensor
  readonly recurrent: OnnxTensor
  readonly bias: OnnxTensor | undefined
  readonly window: ConvOptions
}

async function run(b: Emitter, call: LayerCall, cell: ConvCell, steps: Steps): Promise<Recurrence> {
  const { layout, rank, filters } = cell
  const x = inputConvolution(b, cell, steps.x)
  const [, batch = null, , ...spatial] = shapeOf(x)
  const state = { dtype: x.dtype, shape: [batch, filters, ...spatial] }
  const zeros = zeroState(b, x, filters)
  const { sequence, states } = await runScan(
    b,
    { states: [state, state], prepare: () => x, step: stepOf(call, cell) },
    { ...steps, initial: steps.initial?.map(value => toFirst(b, value, layout, rank)) ?? [zeros, zeros] },
  )
  const images = fromFirst(b, foldTime(b, sequence), layout, rank)
  return {
    sequence: unfoldTime(b, images, sequence),
    states: states.map(value => fromFirst(b, value, layout, rank)),
  }
}

function stepOf({ generation }: LayerCall, { layer, recurrent, rank }: ConvCell): StepCell['step'] {
  const activation = channelwise(layer, 'activation', generation)
  const gate = channelwise(layer, 'recurrent_activation', generation)
  const strides = Array.from<number>({ length: rank }).fill(1)
  return async (b, x, [h, c]) => {
    const fromState = conv(b, h!, recurrent, { padding: 'same', strides, layout: 'channels-first' })
    const [i, f, hidden, o] = b.ops('Split', [b.op('Add', [x, fromState])], 4, {
      attributes: { axis: { int: 1 }, num_outputs: { int: 4 } },
    })
    const kept = b.op('Mul', [gate.apply(b, f!), c])
    const next = b.op('Add', [kept, b.op('Mul', [gate.apply(b, i!), activation.apply(b, hidden!)])])
    return [b.op('Mul', [gate.apply(b, o!), activation.apply(b, next)]), next]
  }
}

/** Functions over the last axis, which are channels to Keras, and not here. */
const OVER_CHANNELS: ReadonlySet<string> = new Set(['softmax', 'log_softmax', 'sparsemax', 'glu'])

function channelwise(layer: Layer, key: string, generation: Generation): Activation {
  const name = activationName(layer.config.get(key))
  if (name !== undefined && OVER_CHANNELS.has(name)) throw new Refusal(`'${key}' is ${name}`)
  return cellActivation(layer, key, generation)
}

/** Of all steps at once: [steps, batch, 4 · filters, …]. */
function inputConvolution(b: Emitter, { kernel, bias, window, layout, rank }: ConvCell, x: Value): Value {
  const images = toFirst(b, foldTime(b, x), layout, rank)
  const y = conv(b, images, kernel, {
    ...window,
    layout: 'channels-first',
    ...(bias && { bias: b.weight(bias, bias.name) }),
  })
  return unfoldTime(b, y, x)
}

/** Zeros for [steps, batch, 4 · filters, …]: [batch, filters, …]. */
function zeroState(b: Emitter, x: Value, filters: number): Value {
  const sizes = (start: number, end?: number): Value =>
    b.op('Shape', [x], { attributes: { start: { int: start }, ...(end && { end: { int: end } }) } })
  const shape = b.op('Concat', [sizes(1, 2), b.ints([filters]), sizes(3)], {
    attributes: { axis: { int: 0 } },
  })
  return b.op('Expand', [b.scalar(x.dtype, 0), shape])
}
