import type { Emitter, Value } from '../../../graph/types.ts'
import { compact, readMask, spread } from '../../../recurrent/index.ts'
import { ONNX_GATES } from '../../../recurrent/types.ts'
import type { FoundCell } from './cells.ts'

/** A cell with values in the places of names. */
export interface CellValues {
  readonly cell: FoundCell
  readonly units: number
  /** [features, gates × units] */
  readonly kernel: Value
  /** [units, gates × units] */
  readonly recurrentKernel: Value
  /** [gates × units] */
  readonly bias?: Value
  readonly recurrentBias?: Value
}

export interface Ran {
  /** [steps, batch, units] */
  readonly sequence: Value
  /** After the last step: [batch, units] each. */
  readonly states: readonly Value[]
}

/**
 * The cell over x ([steps, batch, features]) as ONNX's operator. With a mask (bool [steps, batch, 1]) steps that don't
 * count leave states as they are, and give what the step before them gave, zeros before the first.
 */
export function runFound(
  b: Emitter,
  values: CellValues,
  x: Value,
  initial: readonly Value[],
  mask: Value | undefined,
): Ran {
  if (!mask) return runOperator(b, values, x, initial, undefined)
  const rows = swapped(b, b.op('Squeeze', [mask, b.ints([2])]))
  const masked = readMask(b, rows)
  const front = swapped(b, compact(b, masked, swapped(b, x)))
  const { sequence, states } = runOperator(b, values, front, initial, masked.lengths)
  const back = spread(b, masked, swapped(b, sequence), { backwards: false, skipped: 'previous' })
  // ONNX Runtime gives zeros as the states of rows without steps.
  const some = b.op('Unsqueeze', [b.op('Greater', [masked.lengths, b.scalar('int32', 0)]), b.ints([1])])
  return {
    sequence: swapped(b, back),
    states: states.map((state, i) => b.op('Where', [some, state, initial[i]])),
  }
}

/** Steps and batch change places. */
function swapped(b: Emitter, x: Value): Value {
  const rest = Array.from({ length: (x.shape?.length ?? 2) - 2 }, (_, i) => i + 2)
  return b.op('Transpose', [x], { attributes: { perm: { ints: [1, 0, ...rest] } } })
}

function runOperator(
  b: Emitter,
  values: CellValues,
  x: Value,
  initial: readonly Value[],
  lengths: Value | undefined,
): Ran {
  const { cell, units } = values
  const [steps = null, batch = null] = x.shape ?? []
  const state = { dtype: 'float32', shape: [1, batch, units] } as const
  const first = initial.map(value => b.op('Unsqueeze', [value, b.ints([0])]))
  const [y, ...last] = b.ops(
    cell.kind,
    [
      x,
      weights(b, values, values.kernel),
      weights(b, values, values.recurrentKernel),
      biases(b, values),
      lengths,
      ...first,
    ],
    1 + initial.length,
    {
      attributes: {
        hidden_size: { int: units },
        activations: { texts: cell.functions },
        ...(cell.kind === 'GRU' && { linear_before_reset: { int: 1 } }),
      },
      types: [{ dtype: 'float32', shape: [steps, 1, batch, units] }, ...initial.map(() => state)],
    },
  )
  return {
    sequence: b.op('Squeeze', [y, b.ints([1])]),
    states: last.map(value => b.op('Squeeze', [value, b.ints([0])])),
  }
}

/** [rows, gates × units] as ONNX has it: [1, gates × units, rows]. */
function weights(b: Emitter, values: CellValues, kernel: Value): Value {
  const rows = b.op('Transpose', [kernel], { attributes: { perm: { ints: [1, 0] } } })
  return b.op('Unsqueeze', [inOrder(b, values, rows), b.ints([0])])
}

/** Both biases one behind the other: [1, 2 × gates × units]. */
function biases(b: Emitter, values: CellValues): Value | undefined {
  const { bias, recurrentBias, cell, units } = values
  if (!bias && !recurrentBias) return undefined
  const size = cell.gates.length * units
  const zeros = b.op('Expand', [b.scalar('float32', 0), b.ints([size])])
  const both = [bias, recurrentBias].map(value => (value ? inOrder(b, values, value) : zeros))
  return b.op('Unsqueeze', [b.op('Concat', both, { attributes: { axis: { int: 0 } } }), b.ints([0])])
}

/** Gates along the first axis in ONNX's order. */
function inOrder(b: Emitter, { cell: { kind, gates } }: CellValues, value: Value): Value {
  const wanted = ONNX_GATES[kind]
  if (wanted === gates) return value
  const parts = b.ops('Split', [value], gates.length, {
    attributes: { axis: { int: 0 }, num_outputs: { int: gates.length } },
  })
  const order = Array.from(wanted, letter => parts[gates.indexOf(letter)])
  return b.op('Concat', order, { attributes: { axis: { int: 0 } } })
}
