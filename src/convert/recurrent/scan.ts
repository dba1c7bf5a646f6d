import type { Emitter, Value, ValueType } from '../graph/types.ts'
import type { Recurrence, Steps } from './types.ts'

/** A cell that is computed step by step, in the body of a Scan. */
export interface StepCell {
  /** Types of its states, its output's first. The free axes are those of the input. */
  readonly states: readonly ValueType[]
  /** What of the input needs no state, for all steps at once: [steps, batch, …]. */
  prepare(b: Emitter, x: Value): Value
  /** The states after a step: the first is its output. */
  step(b: Emitter, x: Value, states: readonly Value[]): Promise<readonly Value[]>
}

/** A recurrence as a Scan. `initial` has a tensor for each state. */
export async function runScan(
  b: Emitter,
  cell: StepCell,
  steps: Steps & { readonly initial: readonly Value[] },
): Promise<Recurrence> {
  const { lengths, initial, backwards } = steps
  const x = cell.prepare(b, steps.x)
  const inputs = lengths ? [x, countOf(b, x)] : [x]
  const body = await b.body('step', [...cell.states, ...inputs.map(stepType)], async (inner, values) => {
    const before = values.slice(0, cell.states.length)
    const [now, number] = values.slice(cell.states.length)
    const after = await cell.step(inner, now!, before)
    const kept = lengths ? keep(inner, inner.op('Less', [number, lengths]), after, before) : after
    return [...kept, kept[0]!]
  })
  const direction = Number(backwards ?? false)
  const [time = null] = x.shape ?? []
  const [output] = cell.states
  const results = b.ops('Scan', [...initial, ...inputs], cell.states.length + 1, {
    attributes: {
      body: { graph: body },
      num_scan_inputs: { int: inputs.length },
      scan_input_directions: { ints: inputs.map(() => direction) },
      scan_output_directions: { ints: [direction] },
    },
    types: [
      ...cell.states,
      { dtype: output!.dtype, ...(output!.shape && { shape: [time, ...output!.shape] }) },
    ],
  })
  return { sequence: results.at(-1)!, states: results.slice(0, -1) }
}

/** Numbers of the steps: int32 [steps]. */
function countOf(b: Emitter, x: Value): Value {
  const time = b.op('Squeeze', [b.op('Shape', [x], { attributes: { end: { int: 1 } } }), b.ints([0])])
  const range = b.op('Range', [b.scalar('int64', 0), time, b.scalar('int64', 1)])
  return b.op('Cast', [range], { attributes: { to: { int: 6 } } })
}

function stepType({ dtype, shape }: Value): ValueType {
  return { dtype, ...(shape && { shape: shape.slice(1) }) }
}

/** The new states where a row still has a step, else the old ones. */
function keep(
  b: Emitter,
  counts: Value,
  after: readonly Value[],
  before: readonly Value[],
): readonly Value[] {
  return after.map((value, i) => {
    const axes = Array.from({ length: (value.shape?.length ?? 2) - 1 }, (_, axis) => axis + 1)
    return b.op('Where', [b.op('Unsqueeze', [counts, b.ints(axes)]), value, before[i]])
  })
}
