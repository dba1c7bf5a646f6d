import type { Json } from '../../../core/index.ts'
import { fromFirst, toFirst } from '../../channels-last/index.ts'
import type { Size, Value } from '../../graph/types.ts'
import { invalid } from '../config.ts'
import { cast, shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerTable } from '../layer.ts'

type Sides = readonly (readonly [before: number, after: number])[]

/** What is left out or added on each spatial axis: a number for all, one for each axis, or two for each. */
function sidesOf({ config }: LayerCall, key: string, rank: number): Sides {
  const value = config.get(key) ?? 1
  const most = 2 ** 31
  const isSize = (json: Json | undefined): json is number =>
    typeof json === 'number' && Number.isInteger(json) && json >= 0 && json < most
  const pairOf = (json: Json | undefined): readonly [number, number] => {
    if (isSize(json)) return [json, json]
    const [before, after] = Array.isArray(json) && json.length === 2 ? (json as readonly Json[]) : []
    if (isSize(before) && isSize(after)) return [before, after]
    return config.fail(key, `sizes, or pairs of sizes, for ${rank} axes`)
  }
  // Of one axis, a pair stands for its two sides.
  if (rank === 1) return [pairOf(Array.isArray(value) && value.length === 1 ? value[0] : value)]
  if (!Array.isArray(value)) return Array.from({ length: rank }, () => pairOf(value))
  const list: readonly Json[] = value
  return list.length === rank ? list.map(pairOf) : config.fail(key, `sizes for ${rank} axes`)
}

/** Keras' 1-dimensional layers have no `data_format` before release 3. */
function onSpatial(call: LayerCall, rank: number, change: (first: Value) => Value): readonly Value[] {
  const { b, config, inputs } = call
  const [x] = inputs
  if (shapeOf(x).length !== rank + 2)
    throw invalid(`${call.className} '${call.name}' takes ${rank + 2} axes, and gets ${shapeOf(x).length}`)
  const layout = config.layout()
  return [fromFirst(b, change(toFirst(b, x, layout, rank)), layout, rank)]
}

const cropping =
  (rank: number): ConvertLayer =>
  call => {
    const sides = sidesOf(call, 'cropping', rank)
    return onSpatial(call, rank, x => cropped(call, x, sides))
  }

/** An image with its channels first, without what is on its sides. */
export function cropped({ b, className, name }: LayerCall, x: Value, sides: Sides): Value {
  const [batch = null, channels = null, ...spatial] = shapeOf(x)
  const sizes = spatial.map((size, i): Size => {
    const [before, after] = sides[i]!
    if (before + after === 0) return size
    if (typeof size !== 'number') return null
    if (size <= before + after) throw invalid(`${className} '${name}' leaves nothing of ${size} pixels`)
    return size - before - after
  })
  const axes = spatial.map((_, i) => i + 2)
  const starts = b.ints(sides.map(([before]) => before))
  const ends = b.ints(sides.map(([, after]) => (after === 0 ? Number.MAX_SAFE_INTEGER : -after)))
  return b.op('Slice', [x, starts, ends, b.ints(axes)], {
    types: [{ dtype: x.dtype, shape: [batch, channels, ...sizes] }],
  })
}

const zeroPadding =
  (rank: number): ConvertLayer =>
  call => {
    const sides = sidesOf(call, 'padding', rank)
    return onSpatial(call, rank, x => padded(call, x, sides))
  }

/** An image with its channels first, with pixels around it. */
export function padded({ b }: LayerCall, x: Value, sides: Sides, fill = 0): Value {
  const [batch = null, channels = null, ...spatial] = shapeOf(x)
  const sizes = spatial.map((size, i): Size => {
    const [before, after] = sides[i]!
    return before + after === 0 ? size : typeof size === 'number' ? size + before + after : null
  })
  const pads = b.ints([0, 0, ...sides.map(([before]) => before), 0, 0, ...sides.map(([, after]) => after)])
  const value = fill === 0 ? undefined : cast(b, b.scalar('float32', fill), x.dtype)
  return b.op('Pad', [x, pads, value], { types: [{ dtype: x.dtype, shape: [batch, channels, ...sizes] }] })
}

function family(name: string, layer: (rank: number) => ConvertLayer): LayerTable {
  return Object.fromEntries([1, 2, 3].map(rank => [`${name}${rank}D`, full(layer(rank), 'stops')]))
}

export const croppings: LayerTable = {
  ...family('Cropping', cropping),
  ...family('ZeroPadding', zeroPadding),
}
