import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpTable } from '../op.ts'
import { emit, input, int64, invalid } from './emit.ts'
import { FAR } from './strided-slice.ts'

/** `[n, 2]`, before and after each axis, as ONNX lists it: all that is before, then all that is behind. */
export function padsOf(b: Emitter, paddings: Value): Value {
  const turned = b.op('Transpose', [int64(b, paddings)], { attributes: { perm: { ints: [1, 0] } } })
  return b.op('Reshape', [turned, b.ints([-1])])
}

const pad: Convert = call => {
  const { emitter: b, inputs } = call
  const x = input(call, 0)
  if (x.dtype === 'string') throw new Refusal('of text')
  return emit(b, 'Pad', [x, padsOf(b, input(call, 1)), inputs[2]], { computed: [0, 2] })
}

/** Axes go on as in a mirror; SYMMETRIC mirrors their last element too, which ONNX has no mode for. */
const mirrorPad: Convert = async call => {
  const { emitter: b, attributes } = call
  const x = input(call, 0)
  const mode = attributes.text('mode')
  if (mode === 'REFLECT')
    return emit(b, 'Pad', [x, padsOf(b, input(call, 1))], {
      computed: [0],
      attributes: { mode: { text: 'reflect' } },
    })
  if (mode !== 'SYMMETRIC') throw invalid(`${call.op} '${call.name}' has mode '${mode.slice(0, 40)}'`)
  const paddings = await call.integers(1)
  const axes = Array.from({ length: paddings.length / 2 }, (_, axis) => axis)
  return axes.reduce((y, axis) => mirrored(b, y, axis, paddings[2 * axis]!, paddings[2 * axis + 1]!), x)
}

function mirrored(b: Emitter, x: Value, axis: number, before: number, after: number): Value {
  const part = (from: number, to: number): Value =>
    b.op('Slice', [x, b.ints([from]), b.ints([to]), b.ints([axis]), b.ints([-1])])
  const parts = [
    ...(before > 0 ? [part(before - 1, -FAR)] : []),
    x,
    ...(after > 0 ? [part(-1, -after - 1)] : []),
  ]
  return parts.length === 1 ? x : b.op('Concat', parts, { attributes: { axis: { int: axis } } })
}

export const padOps: OpTable = {
  Pad: { convert: pad, limits: 'no text' },
  PadV2: { convert: pad, limits: 'no text' },
  MirrorPad: { convert: mirrorPad },
}
