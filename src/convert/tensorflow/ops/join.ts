import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { input, int64, invalid } from './emit.ts'

/** Pieces that a tensor is cut into: models that unroll have some hundreds. */
const MAX_PIECES = 65_536

function joined(b: Emitter, values: readonly Value[], axis: number): Value {
  return values.length === 1 ? values[0]! : b.op('Concat', values, { attributes: { axis: { int: axis } } })
}

async function axisOf(call: OpCall, at: number): Promise<number> {
  const [axis] = await call.integers(at)
  if (axis === undefined) throw invalid(`${call.op} '${call.name}' has no axis`)
  return axis
}

/** The axis stands before the values. */
const concat: Convert = async call => {
  input(call, 1)
  return joined(call.emitter, call.inputs.slice(1), await axisOf(call, 0))
}

/** The axis stands behind the values. */
const concatV2: Convert = async call => {
  input(call, 1)
  return joined(call.emitter, call.inputs.slice(0, -1), await axisOf(call, call.inputs.length - 1))
}

/** Along the first axis. */
const parallelConcat: Convert = call => {
  input(call, 0)
  return joined(call.emitter, call.inputs, 0)
}

const pack: Convert = call => {
  const { emitter: b, inputs, attributes } = call
  input(call, 0)
  const axis = attributes.int('axis', 0)
  return joined(
    b,
    inputs.map(x => b.op('Unsqueeze', [x, b.ints([axis])])),
    axis,
  )
}

function countOf(call: OpCall, name: string): number {
  const count = call.attributes.int(name)
  if (count < 0 || count > MAX_PIECES)
    throw invalid(`${call.op} '${call.name}' has ${name}=${count}; up to ${MAX_PIECES} are converted`)
  return count
}

/** Equal pieces along an axis. */
function pieces(b: Emitter, x: Value, axis: number, count: number): readonly Value[] {
  if (count === 1) return [x]
  return b.ops('Split', [x], count, { attributes: { axis: { int: axis }, num_outputs: { int: count } } })
}

const unpack: Convert = call => {
  const { emitter: b, attributes } = call
  const axis = attributes.int('axis', 0)
  const count = countOf(call, 'num')
  if (count === 0) return []
  return pieces(b, input(call, 0), axis, count).map((x, i) =>
    call.isUsed(i) ? b.op('Squeeze', [x, b.ints([axis])]) : undefined,
  )
}

/** The axis stands before the value. */
const split: Convert = async call =>
  pieces(call.emitter, input(call, 1), await axisOf(call, 0), countOf(call, 'num_split'))

/** Pieces of these sizes, one of which may be −1: what the others leave. */
const splitV: Convert = async call => {
  const { emitter: b } = call
  const [x, sizes] = [input(call, 0), int64(b, input(call, 1))]
  const count = countOf(call, 'num_split')
  const axis = await axisOf(call, 2)
  if (count === 1) return [x]
  const whole = sizes.known?.includes(-1) ? withRest(b, x, axis, sizes) : sizes
  return b.ops('Split', [x, whole], count, { attributes: { axis: { int: axis } } })
}

function withRest(b: Emitter, x: Value, axis: number, { known = [] }: Value): Value {
  if (!x.shape) throw new Refusal('of a tensor whose rank is not known')
  const at = axis < 0 ? axis + x.shape.length : axis
  const given = known.filter(element => typeof element === 'number')
  const others = given.filter(element => element >= 0).reduce((sum, element) => sum + element, 0)
  if (given.length !== known.length || given.filter(element => element < 0).length > 1)
    throw new Refusal(`sizes [${known.join(', ')}]`)
  const all = b.op('Shape', [x], { attributes: { start: { int: at }, end: { int: at + 1 } } })
  const rest = b.op('Sub', [all, b.ints([others])])
  const parts = given.map(element => (element < 0 ? rest : b.ints([element])))
  return b.op('Concat', parts, { attributes: { axis: { int: 0 } } })
}

export const joinOps: OpTable = {
  Concat: { convert: concat, limits: 'along an axis that is not computed' },
  ConcatV2: { convert: concatV2, limits: 'along an axis that is not computed' },
  ParallelConcat: { convert: parallelConcat },
  Pack: { convert: pack },
  Unpack: { convert: unpack },
  Split: { convert: split, limits: 'along an axis that is not computed' },
  SplitV: { convert: splitV, limits: 'along an axis that is not computed' },
}
