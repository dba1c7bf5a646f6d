import type { OnnxTensor } from '../../formats/index.ts'
import type { Attributes, Emitter, Value, ValueType } from '../graph/types.ts'
import type { Activation, Cell, Recurrence, Steps } from './types.ts'
import { onnxBias, onnxMatrix } from './weights.ts'

/** True where ONNX's own operator computes the cell: it knows its functions, and ONNX Runtime has it for float32. */
export function isNative(cell: Cell): boolean {
  return cell.dtype === 'float32' && functionsOf(cell).every(({ native }) => native !== undefined)
}

/** A recurrence as ONNX's LSTM, GRU or RNN. */
export function runNative(b: Emitter, cell: Cell, steps: Steps): Recurrence {
  const { x, lengths, initial } = steps
  const { dtype, units } = cell
  const [time = null, batch = null] = x.shape ?? []
  const state: ValueType = { dtype, shape: [1, batch, units] }
  const types = cell.kind === 'LSTM' ? [state, state] : [state]
  const first = initial?.map(value => b.op('Unsqueeze', [value, b.ints([0])]))
  const [sequence, ...last] = b.ops(
    cell.kind,
    [x, ...weightsOf(b, cell), ...(lengths || first ? [lengths, ...(first ?? [])] : [])],
    1 + types.length,
    { attributes: attributesOf(cell, steps), types: [{ dtype, shape: [time, 1, batch, units] }, ...types] },
  )
  const squeeze = (value: Value, axis: number) => b.op('Squeeze', [value, b.ints([axis])])
  const ends = last.map(value => squeeze(value, 0))
  const states = initial && lengths ? unlessEmpty(b, lengths, ends, initial) : ends
  return { sequence: squeeze(sequence!, 1), states }
}

/** ONNX Runtime gives zeros as the last state of a row without steps, where it is still the first. */
function unlessEmpty(b: Emitter, lengths: Value, last: readonly Value[], first: readonly Value[]): Value[] {
  const some = b.op('Unsqueeze', [b.op('Greater', [lengths, b.scalar('int32', 0)]), b.ints([1])])
  return last.map((value, i) => b.op('Where', [some, value, first[i]]))
}

/** W, R and B of one direction. */
function weightsOf(b: Emitter, cell: Cell): readonly (Value | undefined)[] {
  const { units, features } = cell
  const name = b.source.name
  const bias = onnxBias(cell, `${name}/B`)
  return [
    weight(b, onnxMatrix(cell, cell.kernel, features, `${name}/W`)),
    weight(b, onnxMatrix(cell, cell.recurrentKernel, units, `${name}/R`)),
    bias && weight(b, bias),
  ]
}

function weight(b: Emitter, tensor: OnnxTensor): Value {
  return b.weight(tensor, tensor.name)
}

function attributesOf(cell: Cell, { backwards }: Steps): Attributes {
  const functions = functionsOf(cell)
  const alphas = functions.flatMap(({ native }) => native?.alpha ?? [])
  const betas = functions.flatMap(({ native }) => native?.beta ?? [])
  return {
    hidden_size: { int: cell.units },
    activations: { texts: functions.map(({ native }) => native?.name ?? '') },
    ...(alphas.length > 0 && { activation_alpha: { floats: alphas } }),
    ...(betas.length > 0 && { activation_beta: { floats: betas } }),
    ...(backwards && { direction: { text: 'reverse' } }),
    ...(cell.kind === 'GRU' && { linear_before_reset: { int: cell.resetAfter ? 1 : 0 } }),
  }
}

/** In the order of ONNX's `activations`. */
function functionsOf({ kind, activation, gateActivation }: Cell): readonly Activation[] {
  const gate = gateActivation ?? activation
  if (kind === 'LSTM') return [gate, activation, activation]
  return kind === 'GRU' ? [gate, activation] : [activation]
}
