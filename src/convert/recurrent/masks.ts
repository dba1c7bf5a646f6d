import { cast } from '../graph/cast.ts'
import type { Emitter, Value } from '../graph/types.ts'

/** Where the steps that count stand in each row: they may lie anywhere. */
export interface Masked {
  /** bool [batch, steps]: true where a step counts. */
  readonly mask: Value
  /** int64 [batch, steps]: numbers of the steps that count, in order, then those of the others. */
  readonly order: Value
  /** int32 [batch]: how many count. */
  readonly lengths: Value
}

/**
 * Reads a mask (bool [batch, steps]). A recurrence leaves steps that don't count out altogether, so those that count
 * are moved to the front, where the operators of ONNX take them as sequences of different lengths.
 */
export function readMask(b: Emitter, mask: Value): Masked {
  const steps = b.op('Shape', [mask], { attributes: { start: { int: 1 } } })
  const time = b.op('Squeeze', [steps, b.ints([0])])
  const numbers = b.op('Range', [b.scalar('int64', 0), time, b.scalar('int64', 1)])
  // Larger keys come first: 0, −1, −2 … of steps that count, and those of the others below all of them.
  const first = b.op('Neg', [numbers])
  const keys = b.op('Where', [mask, first, b.op('Sub', [first, time])])
  const [, order] = b.ops('TopK', [keys, steps], 2, {
    types: [keys, { dtype: 'int64', ...(mask.shape && { shape: mask.shape }) }],
  })
  const lengths = b.op('ReduceSum', [cast(b, mask, 'int32'), b.ints([1])], {
    attributes: { keepdims: { int: 0 } },
  })
  return { mask, order: order!, lengths }
}

/** Moves the steps that count to the front. x: [batch, steps, …]. */
export function compact(b: Emitter, { order }: Masked, x: Value): Value {
  return takeSteps(b, x, order)
}

export interface Spread {
  /** The recurrence went from the last step to the first. */
  readonly backwards: boolean
  /** What a step that doesn't count gives: zeros, or what the step before it gave. */
  readonly skipped: 'zeros' | 'previous'
}

/**
 * Moves what a recurrence gave for compacted steps ([batch, steps, …]) back to where the steps stood. A step that does
 * not count repeats what came before it in the recurrence's direction, or is zero where nothing did.
 */
export function spread(b: Emitter, masked: Masked, y: Value, { backwards, skipped }: Spread): Value {
  const { mask, lengths } = masked
  const counted = b.op('CumSum', [cast(b, mask, 'int32'), b.scalar('int64', 1)], {
    attributes: { exclusive: { int: Number(backwards) } },
  })
  const place = backwards ? counted : b.op('Sub', [counted, b.scalar('int32', 1)])
  const total = b.op('Unsqueeze', [lengths, b.ints([1])])
  const some = backwards
    ? b.op('Less', [place, total])
    : b.op('GreaterOrEqual', [place, b.scalar('int32', 0)])
  const there = skipped === 'zeros' ? mask : some
  const safe = b.op('Where', [there, place, b.scalar('int32', 0)])
  return zeroWhereNot(b, there, takeSteps(b, y, cast(b, safe, 'int64')))
}

/** Zeros for the rows or steps of `x` where `condition`, whose axes are the first of x's, is false. */
export function zeroWhereNot(b: Emitter, condition: Value, x: Value): Value {
  const rank = x.shape?.length ?? 0
  const from = condition.shape?.length ?? 0
  const axes = Array.from({ length: rank - from }, (_, i) => from + i)
  const aligned = axes.length > 0 ? b.op('Unsqueeze', [condition, b.ints(axes)]) : condition
  return b.op('Where', [aligned, x, b.scalar(x.dtype, 0)])
}

/** x[n, steps[n, t]] for each row n and place t. */
function takeSteps(b: Emitter, x: Value, steps: Value): Value {
  const places = b.op('Unsqueeze', [steps, b.ints([-1])])
  return b.op('GatherND', [x, places], { attributes: { batch_dims: { int: 1 } }, types: [x] })
}
