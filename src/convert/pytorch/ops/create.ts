import type { OnnxDtype } from '../../../formats/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { cast, rankOf, sizeList } from '../emit.ts'
import { type Convert, type OpTable, table } from '../op.ts'

/** A tensor of one number, of sizes that may be computed. */
function filled(b: Emitter, dtype: OnnxDtype, shape: Value, value: Value): Value {
  return b.op('Expand', [cast(b, value, dtype), shape])
}

const number = (b: Emitter, dtype: OnnxDtype, value: number): Value => b.scalar(dtype, value)

/** `zeros`, `ones`: float32 unless said. */
const sized =
  (value: number): Convert =>
  call => {
    const b = call.emitter
    const dtype = call.dtype('dtype') ?? 'float32'
    return filled(b, dtype, sizeList(b, call.sizes('size')), number(b, dtype, value))
  }

/** `zeros_like`: the type and sizes of another. */
const alike =
  (value: number): Convert =>
  call => {
    const b = call.emitter
    const x = call.value('self')
    const dtype = call.dtype('dtype') ?? x.dtype
    return filled(b, dtype, b.op('Shape', [x]), number(b, dtype, value))
  }

/** `new_zeros`: the type of another. */
const renewed =
  (value: number): Convert =>
  call => {
    const b = call.emitter
    const dtype = call.dtype('dtype') ?? call.value('self').dtype
    return filled(b, dtype, sizeList(b, call.sizes('size')), number(b, dtype, value))
  }

/** A whole number fills with int64, a fraction with float32. */
const full: Convert = call => {
  const b = call.emitter
  const value = call.operand('fill_value', { name: '', dtype: 'int64', shape: [] })
  return filled(b, call.dtype('dtype') ?? value.dtype, sizeList(b, call.sizes('size')), value)
}

const fullLike: Convert = call => {
  const b = call.emitter
  const x = call.value('self')
  const value = call.operand(call.has('value') ? 'value' : 'fill_value', x)
  return filled(b, call.dtype('dtype') ?? x.dtype, b.op('Shape', [x]), value)
}

const newFull: Convert = call => {
  const b = call.emitter
  const x = call.value('self')
  return filled(
    b,
    call.dtype('dtype') ?? x.dtype,
    sizeList(b, call.sizes('size')),
    call.operand('fill_value', x),
  )
}

/** From `start`, 0 unless said, to before `end`. */
const arange: Convert = call => {
  const b = call.emitter
  const probe: Value = { name: '', dtype: 'int64', shape: [] }
  const bounds = [
    call.has('start') ? call.operand('start', probe) : b.scalar('int64', 0),
    call.operand('end', probe),
    call.has('step') ? call.operand('step', probe) : b.scalar('int64', 1),
  ]
  const fractions = bounds.some(({ dtype }) => dtype !== 'int64')
  const dtype = call.dtype('dtype') ?? (fractions ? 'float32' : 'int64')
  return cast(
    b,
    b.op(
      'Range',
      bounds.map(bound => cast(b, bound, fractions ? 'float32' : 'int64')),
    ),
    dtype,
  )
}

/** To another type; devices and layouts are nobody's here. */
const to: Convert = call => {
  const x = call.value('self')
  const like = call.has('other') ? call.value('other').dtype : undefined
  return cast(call.emitter, x, call.dtype('dtype') ?? like ?? x.dtype)
}

const scalarTensor: Convert = call => {
  const b = call.emitter
  const value = call.operand('s', { name: '', dtype: 'int64', shape: [] })
  return cast(b, value, call.dtype('dtype') ?? 'float32')
}

const copy: Convert = call => {
  const b = call.emitter
  const x = call.value('self')
  const source = cast(b, call.value('src'), x.dtype)
  return rankOf(source) === rankOf(x) ? source : b.op('Expand', [source, b.op('Shape', [x])])
}

export const creations: OpTable = table({
  zeros: sized(0),
  ones: sized(1),
  empty: sized(0),
  zeros_like: alike(0),
  ones_like: alike(1),
  empty_like: alike(0),
  new_zeros: renewed(0),
  new_ones: renewed(1),
  new_empty: renewed(0),
  full,
  full_like: fullLike,
  new_full: newFull,
  fill: fullLike,
  arange,
  to,
  _to_copy: to,
  type_as: to,
  scalar_tensor: scalarTensor,
  copy,
  _shape_as_tensor: call => call.emitter.op('Shape', [call.value('self')]),
})
