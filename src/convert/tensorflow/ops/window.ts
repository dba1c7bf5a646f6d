import type { Layout, Padding } from '../../channels-last/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { OpCall } from '../op.ts'
import { cast, invalid } from './emit.ts'

/** `NHWC` and `NDHWC`, or `NCHW` and `NCDHW`. Throws Refusal for packed ones. */
export function layoutOf(call: OpCall): Layout {
  const format = call.attributes.text('data_format', 'NHWC')
  if (format === 'NHWC' || format === 'NDHWC') return 'channels-last'
  if (format === 'NCHW' || format === 'NCDHW') return 'channels-first'
  throw new Refusal(`data_format=${format.slice(0, 40)}`)
}

/** What an attribute has for each spatial axis; batch and channels must have 1. */
export function spatialOf(call: OpCall, name: string, layout: Layout, axes: number): readonly number[] {
  const ones = Array.from({ length: axes + 2 }, () => 1)
  return spatialPart(call, name, call.attributes.ints(name, ones), layout, axes)
}

export function spatialPart(
  call: OpCall,
  name: string,
  all: readonly number[],
  layout: Layout,
  axes: number,
): readonly number[] {
  if (all.length !== axes + 2)
    throw invalid(`${call.op} '${call.name}' has ${name}=[${all.slice(0, 8).join(', ')}]`)
  const [others, own] =
    layout === 'channels-last' ? [[all[0], all.at(-1)], all.slice(1, -1)] : [all.slice(0, 2), all.slice(2)]
  if (others.some(n => n !== 1)) throw new Refusal(`${name}=[${all.join(', ')}]`)
  return own
}

/** SAME, VALID, or zeros on each side of each axis: two numbers an axis, in the order of the layout. */
export function paddingOf(call: OpCall, layout: Layout, axes: number): Padding {
  const padding = call.attributes.text('padding')
  if (padding === 'SAME') return 'same'
  if (padding === 'VALID') return 'valid'
  const pads = call.attributes.ints('explicit_paddings', [])
  if (padding !== 'EXPLICIT' || pads.length !== 2 * (axes + 2))
    throw invalid(
      `${call.op} '${call.name}' has the padding '${padding.slice(0, 40)}' [${pads.slice(0, 10).join(', ')}]`,
    )
  const first = layout === 'channels-last' ? 1 : 2
  return Array.from({ length: axes }, (_, i) => [pads[2 * (first + i)]!, pads[2 * (first + i) + 1]!] as const)
}

/** float64, which no kernel of an image op takes, is computed in float32. */
export function inFloat32(
  b: Emitter,
  values: readonly Value[],
  make: (values: readonly Value[]) => Value,
): Value {
  const dtype = values[0]!.dtype
  if (dtype === 'float32' || dtype === 'float16') return make(values)
  if (!/^b?float/.test(dtype)) throw new Refusal(`of ${dtype}`)
  return cast(b, make(values.map(x => cast(b, x, 'float32'))), dtype)
}
