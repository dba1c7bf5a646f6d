import { Refusal } from '../../../refusals.ts'
import type { Carried, Layer, LayerCall } from '../../layer.ts'
import { recurrentArguments } from './arguments.ts'
import { cellsOf } from './cells.ts'
import { convLstmCell, isConvLstm } from './conv-lstm.ts'
import { flipTime, runSequence, type Sequence, type SequenceResult } from './sequence.ts'

/** LSTM, GRU, SimpleRNN, RNN and ConvLSTM. */
export async function recurrent(call: LayerCall): Promise<readonly Carried[]> {
  const { outputMask: mask, ...sequence } = recurrentArguments(call)
  const { returnSequences, returnState, backwards } = settingsOf(call)
  const { output, states } = await runLayer(call, call, sequence)
  const whole = returnSequences && backwards ? flipTime(call.b, output) : output
  return [returnSequences && mask ? { ...whole, mask } : whole, ...(returnState ? states : [])]
}

const RECURRENT: ReadonlySet<string> = new Set([
  'LSTM',
  'GRU',
  'SimpleRNN',
  'RNN',
  'ConvLSTM1D',
  'ConvLSTM2D',
  'ConvLSTM3D',
])

export function isRecurrent({ className }: Layer): boolean {
  return RECURRENT.has(className)
}

export interface RecurrentSettings {
  readonly returnSequences: boolean
  readonly returnState: boolean
  readonly backwards: boolean
}

export function settingsOf({ config }: Layer): RecurrentSettings {
  return {
    returnSequences: config.bool('return_sequences', false),
    returnState: config.bool('return_state', false),
    backwards: config.bool('go_backwards', false),
  }
}

/**
 * Runs a recurrent layer, `call` itself or one within it. Whole sequences come in the order of the input, also those that were
 * gone through backwards. `zeroWhereMasked`: what masked steps give; default: as the layer's config says.
 */
export async function runLayer(
  call: LayerCall,
  layer: Layer,
  sequence: Sequence,
  zeroWhereMasked = layer.config.bool('zero_output_for_mask', false),
): Promise<SequenceResult> {
  const { config } = layer
  if (config.bool('stateful', false))
    throw new Refusal(
      "'stateful=True': its states outlive a call, and an ONNX model keeps none",
      'Return the states with return_state=True and give them back as initial_state.',
    )
  if (config.bool('time_major', false))
    throw new Refusal(
      "'time_major=True'",
      'Put a Permute before it and save the model with time_major=False.',
    )
  if (config.int('num_constants', 0) > 0)
    throw new Refusal('constants that its cells take', 'Save it without them.')
  const cells = isConvLstm(layer) ? [convLstmCell(call, layer, sequence.x)] : cellsOf(call, layer)
  const { returnSequences, backwards } = settingsOf(layer)
  return runSequence(call.b, cells, sequence, {
    returnSequences,
    backwards,
    zeroWhereMasked,
  })
}
