import type { Emitter, Value } from '../../graph/types.ts'
import type { Convert, OpTable } from '../op.ts'
import { cast, emit, input, like, listOf, number } from './emit.ts'

/** One element, many times. */
const fill: Convert = call =>
  emit(call.emitter, 'Expand', [input(call, 1), listOf(call.emitter, input(call, 0))], { computed: [0] })

/** As many of one number, or of empty texts, as an input has elements. */
const alike =
  (number: number): Convert =>
  call => {
    const { emitter: b } = call
    const x = input(call, 0)
    const element = x.dtype === 'string' ? b.scalar('string', '') : like(b, x, number)
    return emit(b, 'Expand', [element, b.op('Shape', [x])], { computed: [0] })
  }

const range: Convert = call => emit(call.emitter, 'Range', [input(call, 0), input(call, 1), input(call, 2)])

/** start + i · (stop − start) / (num − 1); where num is 1, start. */
const linspace: Convert = call => {
  const { emitter: b } = call
  const [start, stop] = [input(call, 0), input(call, 1)]
  const num = b.op('Squeeze', [listOf(b, input(call, 2)), b.ints([0])])
  const one = b.scalar('int64', 1)
  const gaps = b.op('Max', [b.op('Sub', [num, one]), one])
  const step = emit(b, 'Div', [emit(b, 'Sub', [stop, start]), cast(b, gaps, start.dtype)])
  const i = cast(b, b.op('Range', [b.scalar('int64', 0), num, one]), start.dtype)
  return emit(b, 'Add', [start, emit(b, 'Mul', [i, step])])
}

const tile: Convert = call =>
  emit(call.emitter, 'Tile', [input(call, 0), listOf(call.emitter, input(call, 1))], { computed: [0] })

/** What `Empty` holds is not defined; zeros are as good. */
const empty: Convert = call => {
  const { emitter: b, attributes } = call
  return filled(b, number(b, attributes.dtype('dtype'), 0), input(call, 0))
}

const filled = (b: Emitter, element: Value, shape: Value): Value =>
  emit(b, 'Expand', [element, listOf(b, shape)], { computed: [0] })

export const fillOps: OpTable = {
  Fill: { convert: fill },
  Empty: { convert: empty },
  ZerosLike: { convert: alike(0) },
  OnesLike: { convert: alike(1) },
  Range: { convert: range },
  LinSpace: { convert: linspace },
  Tile: { convert: tile },
}
