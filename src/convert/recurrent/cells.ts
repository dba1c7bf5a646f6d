import type { Emitter, Size, Value } from '../graph/types.ts'
import type { StepCell } from './scan.ts'
import type { Cell, CellKind, GateMatrix, GateWeights } from './types.ts'

/** An LSTM, GRU or RNN by its formula, for functions and types that ONNX's own operators don't take. */
export function stepCell(b: Emitter, cell: Cell, batch: Size): StepCell {
  const state = { dtype: cell.dtype, shape: [batch, cell.units] }
  const recurrent = matrixOf(b, cell, cell.recurrentKernel, cell.units)
  const bias = cell.recurrentBias && vectorOf(b, cell, cell.recurrentBias)
  const apart = cell.kind === 'GRU' && !cell.resetAfter
  const formula: Formula = {
    cell,
    recurrent,
    bias,
    byGate: apart ? gatesOf(b, cell, recurrent, 1) : {},
    biasByGate: apart && bias ? gatesOf(b, cell, bias, 0) : {},
  }
  return {
    states: cell.kind === 'LSTM' ? [state, state] : [state],
    prepare(outer, x) {
      const product = outer.op('MatMul', [x, matrixOf(outer, cell, cell.kernel, cell.features)])
      return cell.bias ? outer.op('Add', [product, vectorOf(outer, cell, cell.bias)]) : product
    },
    step: async (inner, x, states) => FORMULAS[cell.kind](inner, formula, x, states),
  }
}

interface Formula {
  readonly cell: Cell
  /** [units, gates × units] */
  readonly recurrent: Value
  readonly bias: Value | undefined
  /** The same for each gate, where they are applied one by one. */
  readonly byGate: Gates
  readonly biasByGate: Gates
}

/** By the letter of the gate. */
type Gates = Readonly<Record<string, Value>>

type Step = (b: Emitter, formula: Formula, x: Value, states: readonly Value[]) => readonly Value[]

const FORMULAS: Readonly<Record<CellKind, Step>> = {
  LSTM(b, formula, x, [h, c]) {
    const { activation } = formula.cell
    const z = gatesOf(b, formula.cell, b.op('Add', [x, fromState(b, formula, h!)]), -1)
    const cell = b.op('Add', [
      b.op('Mul', [gate(b, formula, z['f']!), c]),
      b.op('Mul', [gate(b, formula, z['i']!), activation.apply(b, z['c']!)]),
    ])
    return [b.op('Mul', [gate(b, formula, z['o']!), activation.apply(b, cell)]), cell]
  },

  GRU(b, formula, x, [h]) {
    const { cell } = formula
    const fromX = gatesOf(b, cell, x, -1)
    const fromH = cell.resetAfter ? gatesOf(b, cell, fromState(b, formula, h!), -1) : undefined
    const ofState = (letter: string) => fromH?.[letter] ?? stateProduct(b, formula, h!, letter)
    const z = gate(b, formula, b.op('Add', [fromX['z']!, ofState('z')]))
    const r = gate(b, formula, b.op('Add', [fromX['r']!, ofState('r')]))
    const reset = fromH ? b.op('Mul', [r, fromH['h']!]) : stateProduct(b, formula, b.op('Mul', [r, h]), 'h')
    const hidden = cell.activation.apply(b, b.op('Add', [fromX['h']!, reset]))
    const rest = b.op('Sub', [b.scalar(cell.dtype, 1), z])
    return [b.op('Add', [b.op('Mul', [z, h]), b.op('Mul', [rest, hidden])])]
  },

  RNN(b, formula, x, [h]) {
    return [formula.cell.activation.apply(b, b.op('Add', [x, fromState(b, formula, h!)]))]
  },
}

function gate(b: Emitter, { cell }: Formula, z: Value): Value {
  return (cell.gateActivation ?? cell.activation).apply(b, z)
}

/** What the state adds to all gates: [batch, gates × units]. */
function fromState(b: Emitter, { recurrent, bias }: Formula, h: Value): Value {
  const product = b.op('MatMul', [h, recurrent])
  return bias ? b.op('Add', [product, bias]) : product
}

/** What the state adds to one gate: [batch, units]. */
function stateProduct(b: Emitter, { byGate, biasByGate }: Formula, h: Value, letter: string): Value {
  const product = b.op('MatMul', [h, byGate[letter]])
  const bias = biasByGate[letter]
  return bias ? b.op('Add', [product, bias]) : product
}

/** Parts of an axis by gate. */
function gatesOf(b: Emitter, cell: Cell, x: Value, axis: number): Gates {
  const letters = Array.from(cell.kernel.gates)
  const parts = b.ops('Split', [x], letters.length, {
    attributes: { axis: { int: axis }, num_outputs: { int: letters.length } },
  })
  return Object.fromEntries(letters.map((letter, i) => [letter, parts[i]!]))
}

/** A kernel as [rows, gates × units], its gates in the order of the source. */
function matrixOf(b: Emitter, cell: Cell, { layout, gates, tensor }: GateMatrix, rows: number): Value {
  const { dtype, units } = cell
  const columns = gates.length * units
  const { name, data } = tensor
  if (layout === 'columns') return b.weight({ dtype, shape: [rows, columns], data }, name)
  const kept = b.weight({ dtype, shape: [columns, rows], data }, name)
  return b.op('Transpose', [kept], { attributes: { perm: { ints: [1, 0] } } })
}

function vectorOf(b: Emitter, { dtype, units }: Cell, { gates, tensor }: GateWeights): Value {
  return b.weight({ dtype, shape: [gates.length * units], data: tensor.data }, tensor.name)
}
