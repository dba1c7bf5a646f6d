import type { Json } from '../../../../core/index.ts'
import type { OnnxTensor } from '../../../../formats/index.ts'
import type { Shape } from '../../../graph/types.ts'
import { type Cell, type CellKind, type GateWeights, partOf, runCell } from '../../../recurrent/index.ts'
import { Refusal } from '../../../refusals.ts'
import { invalid, isObject } from '../../config.ts'
import type { Generation, Layer, LayerCall, LayerWeights } from '../../layer.ts'
import { cellActivation } from './activation.ts'
import type { Runner } from './runner.ts'

/** Keras' cells, and the layers whose config is that of their one cell. */
const KINDS: ReadonlyMap<string, CellKind> = new Map([
  ['LSTM', 'LSTM'],
  ['LSTMCell', 'LSTM'],
  ['GRU', 'GRU'],
  ['GRUCell', 'GRU'],
  ['SimpleRNN', 'RNN'],
  ['SimpleRNNCell', 'RNN'],
])

/** Gates as Keras orders them. */
const GATES: Readonly<Record<CellKind, string>> = { LSTM: 'ifco', GRU: 'zrh', RNN: 'h' }

/** The cells of LSTM, GRU, SimpleRNN or RNN, from the input to the output. */
export function cellsOf(call: LayerCall, layer: Layer): readonly Runner[] {
  if (layer.className !== 'RNN') return [runner(layer, layer.weights.child('cell'), call.generation)]
  const cell = call.layerIn(layer.config.object('cell'), 'cell', layer)
  if (cell.className !== 'StackedRNNCells') return [runner(cell, cell.weights, call.generation)]
  return stacked(call, cell)
}

/** Keras keeps cells of a stack by their class, numbered: `gru_cell`, `gru_cell_1`. */
function stacked(call: LayerCall, stack: Layer): readonly Runner[] {
  if (stack.config.bool('reverse_state_order', false))
    throw new Refusal("'reverse_state_order' of StackedRNNCells", 'Save the model without it.')
  const counts = new Map<string, number>()
  return stack.config.list('cells').map(serialized => {
    const key = pathOf(serialized, counts)
    const cell = call.layerIn(serialized, `cells/${key}`, stack)
    return runner(cell, cell.weights, call.generation)
  })
}

function pathOf(serialized: Json, counts: Map<string, number>): string {
  const className = isObject(serialized) ? serialized['class_name'] : undefined
  const name = snakeCase(typeof className === 'string' ? className : '')
  const count = counts.get(name) ?? 0
  counts.set(name, count + 1)
  return count === 0 ? name : `${name}_${count}`
}

function snakeCase(className: string): string {
  return className
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
}

function runner(layer: Layer, weights: LayerWeights, generation: Generation): Runner {
  const kind = KINDS.get(layer.className)
  if (!kind)
    throw new Refusal(
      `the cell ${layer.className.slice(0, 60)}`,
      'Cells of Keras itself are converted: LSTMCell, GRUCell, SimpleRNNCell, and stacks of them.',
    )
  const cell = readCell(kind, layer, weights, generation)
  return {
    states: kind === 'LSTM' ? 2 : 1,
    run(b, steps) {
      checkInput(layer, steps.x.shape, cell.features)
      return runCell(b, cell, steps)
    },
  }
}

function readCell(kind: CellKind, layer: Layer, weights: LayerWeights, generation: Generation): Cell {
  const { config, dtype } = layer
  const gates = GATES[kind]
  const units = config.int('units', undefined, { min: 1 })
  const columns = gates.length * units
  const kernel = weights.get('kernel', 0)
  const [features = 0] = kernel.shape
  const recurrent = weights.get('recurrent_kernel', 1)
  checkShape(layer, kernel, [features, columns])
  checkShape(layer, recurrent, [units, columns])
  const bias = config.bool('use_bias', true) ? weights.get('bias', 2) : undefined
  const resetAfter = kind === 'GRU' && config.bool('reset_after', bias?.shape.length === 2)
  return {
    kind,
    dtype,
    features,
    units,
    kernel: { layout: 'columns', gates, tensor: kernel },
    recurrentKernel: { layout: 'columns', gates, tensor: recurrent },
    ...(bias && biases(layer, bias, { gates, columns, two: resetAfter })),
    activation: cellActivation(layer, 'activation', generation),
    ...(kind !== 'RNN' && { gateActivation: cellActivation(layer, 'recurrent_activation', generation) }),
    resetAfter,
  }
}

/** A GRU that resets after the product has a bias of the input and one of the state: [2, gates × units]. */
function biases(
  layer: Layer,
  bias: OnnxTensor,
  { gates, columns, two }: { readonly gates: string; readonly columns: number; readonly two: boolean },
): { readonly bias: GateWeights; readonly recurrentBias?: GateWeights } {
  checkShape(layer, bias, two ? [2, columns] : [columns])
  if (!two) return { bias: { gates, tensor: bias } }
  return {
    bias: { gates, tensor: partOf(bias, 0, 2) },
    recurrentBias: { gates, tensor: partOf(bias, 1, 2) },
  }
}

function checkInput(layer: Layer, shape: Shape | undefined, features: number): void {
  const last = shape?.at(-1)
  if (shape?.length !== 3 || (typeof last === 'number' && last !== features))
    throw invalid(
      `${layer.className} '${layer.name}' has weights for [batch, steps, ${features}], and gets ${shape?.length ?? 'unknown'} axes that end in ${last ?? 'a free one'}`,
    )
}

function checkShape(layer: Layer, { name, shape }: OnnxTensor, expected: readonly number[]): void {
  if (shape.join() !== expected.join())
    throw invalid(
      `The variable '${name}' of ${layer.className} '${layer.name}' has shape [${shape.join(', ')}]; its config makes it [${expected.join(', ')}]`,
    )
}
