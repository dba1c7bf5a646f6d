import type { Emitter, Value } from '../../../graph/types.ts'
import {
  compact,
  type Masked,
  type Recurrence,
  readMask,
  spread,
  zeroWhereNot,
} from '../../../recurrent/index.ts'
import { invalid } from '../../config.ts'
import type { Runner } from './runner.ts'

export interface Sequence {
  /** [batch, steps, features…] */
  readonly x: Value
  /** bool [batch, steps] */
  readonly mask?: Value | undefined
  /** First states of all cells, in order; zeros where absent. */
  readonly initial?: readonly Value[] | undefined
}

/** How a layer goes over its sequence. */
export interface Direction {
  readonly returnSequences: boolean
  readonly backwards: boolean
  /** A masked step gives zeros, not what the step before it gave. */
  readonly zeroWhereMasked: boolean
}

export interface SequenceResult {
  /** [batch, steps, units…] in the order of the input, or [batch, units…] of the last step. */
  readonly output: Value
  /** Of all cells, in order. */
  readonly states: readonly Value[]
}

/**
 * Runs cells over a sequence, each over what the one before it gave. A masked step changes no state; its output is
 * the one before it, as zeros stand before the first.
 */
export async function runSequence(
  b: Emitter,
  cells: readonly Runner[],
  { x, mask, initial }: Sequence,
  direction: Direction,
): Promise<SequenceResult> {
  const count = cells.reduce((sum, { states }) => sum + states, 0)
  if (initial && initial.length !== count)
    throw invalid(
      `${b.source.kind} '${b.source.name}' is called with ${initial.length} initial states; its cells have ${count}`,
    )
  const masked = mask && readMask(b, mask)
  const lengths = masked && { lengths: masked.lengths }
  let given = swapTime(b, masked ? compact(b, masked, x) : x)
  let last: Recurrence | undefined
  const states: Value[] = []
  for (const cell of cells) {
    const first = initial?.slice(states.length, states.length + cell.states)
    last = await cell.run(b, {
      x: given,
      ...lengths,
      ...(first && { initial: first }),
      backwards: direction.backwards,
    })
    given = last.sequence
    states.push(...last.states)
  }
  if (!last) throw invalid(`${b.source.kind} '${b.source.name}' has no cells`)
  if (direction.returnSequences) return { output: wholeOutput(b, last, masked, direction), states }
  return { output: lastOutput(b, last, masked, { ...direction, initial: initial !== undefined }), states }
}

function wholeOutput(
  b: Emitter,
  { sequence }: Recurrence,
  masked: Masked | undefined,
  { backwards, zeroWhereMasked }: Direction,
): Value {
  const y = swapTime(b, sequence)
  return masked ? spread(b, masked, y, { backwards, skipped: zeroWhereMasked ? 'zeros' : 'previous' }) : y
}

function lastOutput(
  b: Emitter,
  { states: [state] }: Recurrence,
  masked: Masked | undefined,
  { backwards, zeroWhereMasked, initial }: Direction & { readonly initial: boolean },
): Value {
  if (!masked) return state!
  if (zeroWhereMasked) return zeroWhereNot(b, stepOf(b, masked.mask, backwards ? 0 : -1), state!)
  // Of a row whose steps are all masked, the state is still the first, and the output is zero.
  const some = b.op('Greater', [masked.lengths, b.scalar('int32', 0)])
  return initial ? zeroWhereNot(b, some, state!) : state!
}

/** One step of [batch, steps]. */
function stepOf(b: Emitter, mask: Value, step: number): Value {
  return b.op('Gather', [mask, b.scalar('int64', step)], { attributes: { axis: { int: 1 } } })
}

/** [batch, steps, …] to [steps, batch, …], and back. */
export function swapTime(b: Emitter, x: Value): Value {
  const rank = x.shape?.length
  if (rank === undefined || rank < 3)
    throw invalid(
      `${b.source.kind} '${b.source.name}' takes sequences of features, and gets ${rank ?? 'unknown'} axes`,
    )
  const order = [1, 0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2)]
  return b.op('Transpose', [x], { attributes: { perm: { ints: order } } })
}

/** The steps in the opposite order. */
export function flipTime(b: Emitter, x: Value): Value {
  return b.op('Slice', [x, b.ints([-1]), b.ints([-(2 ** 31)]), b.ints([1]), b.ints([-1])])
}
