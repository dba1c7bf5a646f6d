import type { Emitter, Shape, Value } from '../../graph/types.ts'
import type { Convert, OpTable } from '../op.ts'
import { cast, emit, input, invalid, rankOf } from './emit.ts'
import { kernelType } from './kernels.ts'

const cumsum: Convert = async call => {
  const { emitter: b, attributes } = call
  const [x, axis] = [input(call, 0), input(call, 1)]
  return emit(b, 'CumSum', [x, axis], {
    computed: [0],
    attributes: {
      exclusive: { int: Number(attributes.bool('exclusive', false)) },
      reverse: { int: Number(attributes.bool('reverse', false)) },
    },
  })
}

/** One step an element of the axis: ONNX has no op for it. */
const cumprod: Convert = async call => {
  const { emitter: b, attributes } = call
  const x = input(call, 0)
  const rank = rankOf(x)
  const [given = 0] = await call.integers(1)
  const axis = given < 0 ? given + rank : given
  if (axis < 0 || axis >= rank) throw invalid(`Cumprod '${call.name}' has no axis ${given}`)
  const wide = kernelType('Mul', x.dtype) ?? x.dtype
  const exclusive = attributes.bool('exclusive', false)
  const reverse = Number(attributes.bool('reverse', false))
  const shape = x.shape!.filter((_, i) => i !== axis)
  const body = await b.body(
    `${call.name}/step`,
    [
      { dtype: wide, shape },
      { dtype: wide, shape },
    ],
    async (inside, [before, element]) => {
      const after = inside.op('Mul', [before!, element!])
      return [after, exclusive ? before! : after]
    },
  )
  const [, products] = b.ops('Scan', [ones(b, x, axis, wide, shape), cast(b, x, wide)], 2, {
    attributes: {
      body: { graph: body },
      num_scan_inputs: { int: 1 },
      scan_input_axes: { ints: [axis] },
      scan_output_axes: { ints: [axis] },
      scan_input_directions: { ints: [reverse] },
      scan_output_directions: { ints: [reverse] },
    },
    types: [
      { dtype: wide, shape },
      { dtype: wide, shape: x.shape! },
    ],
  })
  return cast(b, products!, x.dtype)
}

/** Ones of the shape of `x` without one axis. */
function ones(b: Emitter, x: Value, axis: number, dtype: Value['dtype'], shape: Shape): Value {
  const others = b.ints(shape.map((_, i) => (i < axis ? i : i + 1)))
  return b.op('Expand', [b.scalar(dtype, 1), b.op('Gather', [b.op('Shape', [x]), others])])
}

export const cumulativeOps: OpTable = {
  Cumsum: { convert: cumsum },
  Cumprod: { convert: cumprod, limits: 'along an axis that is not computed' },
}
