import type { OnnxTensor } from '../../../../formats/index.ts'
import { type ConvOptions, conv } from '../../../channels-last/index.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import { type Recurrence, runScan, type StepCell, type Steps } from '../../../recurrent/index.ts'
import { Refusal } from '../../../refusals.ts'
import { invalid } from '../../config.ts'
import { shapeOf } from '../../emit.ts'
import type { Layer, LayerCall } from '../../layer.ts'
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
 * The input's convolution is done for all steps at once, the state's in a Scan.
 */
export function convLstmCell(call: LayerCall, layer: Layer, sequence: Value): Runner {
  const { config } = layer
  const rank = RANKS.get(layer.className)!
  if (config.layout() === 'channels-first')
    throw new Refusal("'data_format=channels_first'", 'Save the model with channels_last.')
  const weights = layer.weights.child('cell')
  const parts: ConvCell = {
    layer,
    rank,
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
  readonly filters: number
  readonly kernel: OnnxTensor
  readonly recurrent: OnnxTensor
  readonly bias: OnnxTensor | undefined
  readonly window: ConvOptions
}

async function run(b: Emitter, call: LayerCall, cell: ConvCell, steps: Steps): Promise<Recurrence> {
  const x = inputConvolution(b, cell, steps.x)
  const state = { dtype: x.dtype, shape: shapeOf(x).slice(1, -1).concat(cell.filters) }
  const zeros = zeroState(b, x, cell.filters)
  return runScan(
    b,
    { states: [state, state], prepare: () => x, step: stepOf(call, cell) },
    { ...steps, initial: steps.initial ?? [zeros, zeros] },
  )
}

function stepOf({ generation }: LayerCall, { layer, recurrent, rank }: ConvCell): StepCell['step'] {
  const activation = cellActivation(layer, 'activation', generation)
  const gate = cellActivation(layer, 'recurrent_activation', generation)
  return async (b, x, [h, c]) => {
    const fromState = conv(b, h!, recurrent, { padding: 'same', strides: ones(rank) })
    const [i, f, hidden, o] = b.ops('Split', [b.op('Add', [x, fromState])], 4, {
      attributes: { axis: { int: -1 }, num_outputs: { int: 4 } },
    })
    const kept = b.op('Mul', [gate.apply(b, f!), c])
    const next = b.op('Add', [kept, b.op('Mul', [gate.apply(b, i!), activation.apply(b, hidden!)])])
    return [b.op('Mul', [gate.apply(b, o!), activation.apply(b, next)]), next]
  }
}

/** Of all steps at once: [steps, batch, …, channels] as one batch of images, and back. */
function inputConvolution(b: Emitter, { kernel, bias, window }: ConvCell, x: Value): Value {
  const y = conv(b, foldTime(b, x), kernel, { ...window, ...(bias && { bias: b.weight(bias, bias.name) }) })
  return unfoldTime(b, y, x)
}

/** Zeros for [steps, batch, …, 4 · filters]: [batch, …, filters]. */
function zeroState(b: Emitter, x: Value, filters: number): Value {
  const sizes = b.op('Shape', [x], { attributes: { start: { int: 1 }, end: { int: -1 } } })
  const shape = b.op('Concat', [sizes, b.ints([filters])], { attributes: { axis: { int: 0 } } })
  return b.op('Expand', [b.scalar(x.dtype, 0), shape])
}

const ones = (rank: number): readonly number[] => Array.from<number>({ length: rank }).fill(1)
