import type { Json } from '../../../core/index.ts'
import { transpose } from '../../channels-last/index.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { invalid } from '../config.ts'
import { axisOf, cast, shapeOf } from '../emit.ts'
import { type Argument, type ConvertLayer, full, type LayerCall, type LayerTable, limited } from '../layer.ts'
import { tensorsIn } from '../model/calls.ts'
import { argumentOf, inGraph, operandOf, settingsOf, tensorOf } from './operands.ts'

const inputOf = (call: LayerCall): Value => tensorOf(call, 0, 'x', 'input', 'tensor', 'a')

/** A shape that is known, or that has tensors of one element in it. */
function shapeArgument(call: LayerCall, ...keys: readonly string[]): Value {
  const { b, config } = call
  const given = argumentOf(call, 1, ...keys)
  const key = keys.find(name => config.has(name))
  const argument: Argument | undefined =
    given ?? (key === undefined ? undefined : { kind: 'plain', json: config.get(key)! })
  if (!argument) throw invalid(`${call.className} '${call.name}' is called without a shape`)
  if (argument.kind === 'tensor') return cast(b, argument.value, 'int64')
  if (argument.kind === 'dict') throw new Refusal('a shape that is a dict')
  const sizes = argument.kind === 'list' ? argument.items : [argument]
  const parts = sizes.flatMap(size =>
    size.kind === 'plain' ? [b.ints(sizesOf(call, size.json))] : [oneSize(call, size)],
  )
  return parts.length === 1 ? parts[0]! : b.op('Concat', parts, { attributes: { axis: { int: 0 } } })
}

function oneSize({ b }: LayerCall, argument: Argument): Value {
  const [size] = tensorsIn(argument)
  if (!size) throw new Refusal('a shape within a shape')
  return b.op('Reshape', [cast(b, size, 'int64'), b.ints([1])])
}

/** Sizes, −1 or null once for what is left. */
function sizesOf({ config }: LayerCall, json: Json): readonly number[] {
  const list = (Array.isArray(json) ? (json as readonly Json[]) : [json]).map(size => size ?? -1)
  const sane = list.every(size => Number.isSafeInteger(size) && Number(size) >= -1)
  return sane && list.length <= 32 ? (list as readonly number[]) : config.fail('newshape', 'sizes')
}

const reshape: ConvertLayer = call => [
  call.b.op('Reshape', [inputOf(call), shapeArgument(call, 'newshape', 'shape')], {
    attributes: { allowzero: { int: 1 } },
  }),
]

const broadcastTo: ConvertLayer = call => [call.b.op('Expand', [inputOf(call), shapeArgument(call, 'shape')])]

const transposed: ConvertLayer = call => {
  const settings = settingsOf(call)
  const x = inputOf(call)
  const rank = shapeOf(x).length
  const key = settings.has('axes') ? 'axes' : 'perm'
  const axes = Array.from({ length: rank }, (_, i) => i)
  const order = settings.has(key)
    ? settings.ints(key, rank, undefined, { min: -rank, max: rank - 1 })
    : axes.toReversed()
  const sane = order.map(axis => axisOf(axis, rank))
  if (new Set(sane).size !== rank) settings.fail(key, 'each axis once')
  return [transpose(call.b, x, sane)]
}

const swapped: ConvertLayer = call => {
  const x = inputOf(call)
  const rank = shapeOf(x).length
  const [i, k] = ['axis1', 'axis2'].map(key => axisOf(call.config.int(key, undefined, { min: -64 }), rank))
  const order = Array.from({ length: rank }, (_, axis) => (axis === i ? k! : axis === k ? i! : axis))
  return [transpose(call.b, x, order)]
}

const moved: ConvertLayer = call => {
  const x = inputOf(call)
  const rank = shapeOf(x).length
  const [from, to] = ['source', 'destination'].map(key =>
    call.config.intList(key).map(axis => axisOf(axis, rank)),
  )
  if (from!.length !== to!.length) call.config.fail('source', 'as many axes as destination')
  const others = Array.from({ length: rank }, (_, i) => i).filter(axis => !from!.includes(axis))
  const order = Array.from({ length: rank }, (_, i) =>
    to!.includes(i) ? from![to!.indexOf(i)]! : others.shift()!,
  )
  return [transpose(call.b, x, order)]
}

const expandDims: ConvertLayer = call => {
  const settings = settingsOf(call)
  const x = inputOf(call)
  const axes = settings.intList('axis')
  const rank = shapeOf(x).length + axes.length
  return [call.b.op('Unsqueeze', [x, call.b.ints(axes.map(axis => axisOf(axis, rank)))])]
}

const squeeze: ConvertLayer = call => {
  const settings = settingsOf(call)
  const x = inputOf(call)
  const shape = shapeOf(x)
  const ones = shape.flatMap((size, i) => (size === 1 ? [i] : []))
  const axes = settings.has('axis') ? settings.intList('axis').map(axis => axisOf(axis, shape.length)) : ones
  return [axes.length === 0 ? x : call.b.op('Squeeze', [x, call.b.ints(axes)])]
}

const flip: ConvertLayer = call => {
  const { b } = call
  const settings = settingsOf(call)
  const x = inputOf(call)
  const rank = shapeOf(x).length
  const axes = settings.has('axis')
    ? settings.intList('axis').map(axis => axisOf(axis, rank))
    : Array.from({ length: rank }, (_, i) => i)
  const each = (n: number): Value => b.ints(axes.map(() => n))
  return [b.op('Slice', [x, each(-1), each(-Number.MAX_SAFE_INTEGER), b.ints(axes), each(-1)])]
}

const ravel: ConvertLayer = call => [call.b.op('Reshape', [inputOf(call), call.b.ints([-1])])]

const PAD_MODES = ['constant', 'reflect', 'symmetric'] as const

const pad: ConvertLayer = call => {
  const { b } = call
  const settings = settingsOf(call)
  const x = inputOf(call)
  const rank = shapeOf(x).length
  const mode = PAD_MODES.find(known => known === settings.text('mode', 'constant').toLowerCase())
  if (!mode || mode === 'symmetric') throw new Refusal(`mode='${mode ?? settings.text('mode')}'`)
  const key = settings.has('paddings') ? 'paddings' : 'pad_width'
  const sides = settings.list(key).map(side => {
    const pair = Array.isArray(side) ? (side as readonly Json[]) : [side, side]
    const sane = pair.length === 2 && pair.every(n => Number.isSafeInteger(n) && Number(n) >= 0)
    return sane ? (pair as readonly number[]) : settings.fail(key, 'two sizes for each axis')
  })
  if (sides.length !== rank) settings.fail(key, `two sizes for each of ${rank} axes`)
  const pads = b.ints([...sides.map(([before]) => before!), ...sides.map(([, after]) => after!)])
  const fill = operandOf(call, 1, 'constant_values')
  const value = fill && mode === 'constant' ? inGraph(call, fill, x.dtype) : undefined
  return [b.op('Pad', [x, pads, value], { attributes: { mode: { text: mode } } })]
}

/** Elements by their place on one axis; of all elements in order where no axis is named. */
const take: ConvertLayer = call => {
  const { b } = call
  const settings = settingsOf(call)
  const given = tensorOf(call, 0, 'x', 'params')
  const indices = cast(b, tensorOf(call, 1, 'indices'), 'int64')
  if (settings.int('batch_dims', 0) !== 0) throw new Refusal('batch_dims')
  const x = settings.has('axis') ? given : b.op('Reshape', [given, b.ints([-1])])
  const axis = settings.has('axis') ? axisOf(settings.int('axis', 0, { min: -64 }), shapeOf(x).length) : 0
  return [b.op('Gather', [x, indices], { attributes: { axis: { int: axis } } })]
}

const shape: ConvertLayer = call => {
  const wide = settingsOf(call).text('out_type', 'int32') === 'int64'
  const sizes = call.b.op('Shape', [inputOf(call)])
  return [wide ? sizes : cast(call.b, sizes, 'int32')]
}

export const shapes: LayerTable = {
  Reshape: full(reshape, 'stops'),
  BroadcastTo: full(broadcastTo, 'stops'),
  Transpose: full(transposed, 'stops'),
  Swapaxes: full(swapped, 'stops'),
  Moveaxis: full(moved, 'stops'),
  ExpandDims: full(expandDims, 'stops'),
  Squeeze: full(squeeze, 'stops'),
  Flip: full(flip, 'stops'),
  Ravel: full(ravel, 'stops'),
  Pad: limited('constant and reflect', pad, 'stops'),
  Take: full(take, 'stops'),
  Shape: full(shape, 'stops'),
}
