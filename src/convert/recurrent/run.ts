import type { Emitter, Value } from '../graph/types.ts'
import { stepCell } from './cells.ts'
import { isNative, runNative } from './native.ts'
import { runScan } from './scan.ts'
import type { Cell, Recurrence, Steps } from './types.ts'

/** Runs a cell over the steps of x: by ONNX's operator where it computes the same, else step by step. */
export async function runCell(b: Emitter, cell: Cell, steps: Steps): Promise<Recurrence> {
  if (isNative(cell)) return runNative(b, cell, steps)
  const step = stepCell(b, cell, steps.x.shape?.[1] ?? null)
  const initial = steps.initial ?? step.states.map(() => zeroState(b, cell, steps.x))
  return runScan(b, step, { ...steps, initial })
}

/** [batch, units] of zeros for an input of [steps, batch, features]. */
function zeroState(b: Emitter, { dtype, units }: Cell, x: Value): Value {
  const batch = b.op('Shape', [x], { attributes: { start: { int: 1 }, end: { int: 2 } } })
  const shape = b.op('Concat', [batch, b.ints([units])], { attributes: { axis: { int: 0 } } })
  return b.op('Expand', [b.scalar(dtype, 0), shape])
}
