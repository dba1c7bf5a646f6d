import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { invalid } from '../config.ts'
import { axisOf, shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerTable, limited } from '../layer.ts'
import { tensorsIn } from '../model/calls.ts'
import { argumentOf, inGraph, operandOf, settingsOf, tensorOf } from './operands.ts'

const inputOf = (call: LayerCall): Value => tensorOf(call, 0, 'x', 'input')

/** Tensors in one argument, or in all of them; constants among them take the others' type. */
function manyOf(call: LayerCall): readonly Value[] {
  const given = argumentOf(call, 0, 'xs', 'x', 'values')
  if (given?.kind === 'tensor') return [given.value]
  if (given?.kind !== 'list')
    throw invalid(`${call.className} '${call.name}' is called without a list of tensors`)
  const first = given.items.flatMap(tensorsIn)[0]
  return given.items.map(item => {
    if (item.kind === 'tensor') return item.value
    const operand = item.kind === 'plain' ? operandOf({ ...call, argument: () => item }, 0, 'x') : undefined
    if (!operand || !first) throw new Refusal('lists within a list of tensors')
    return inGraph(call, operand, first.dtype)
  })
}

const concatenate: ConvertLayer = call => {
  const values = manyOf(call)
  const axis = axisOf(settingsOf(call).int('axis', 0, { min: -64 }), shapeOf(values[0]!).length)
  return [call.b.op('Concat', values, { attributes: { axis: { int: axis } } })]
}

const stack: ConvertLayer = call => {
  const { b } = call
  const values = manyOf(call)
  const axis = axisOf(settingsOf(call).int('axis', 0, { min: -64 }), shapeOf(values[0]!).length + 1)
  const parts = values.map(value => b.op('Unsqueeze', [value, b.ints([axis])]))
  return [b.op('Concat', parts, { attributes: { axis: { int: axis } } })]
}

/** Parts of one axis: as many as are asked for, or at the places that are given. */
const split: ConvertLayer = call => {
  const { b } = call
  const settings = settingsOf(call)
  const x = tensorOf(call, 0, 'x', 'value')
  const shape = shapeOf(x)
  const axis = axisOf(settings.int('axis', 0, { min: -64 }), shape.length)
  const size = shape[axis]
  if (typeof size !== 'number') throw new Refusal('a split of an axis whose size is free')
  const key = settings.has('num_or_size_splits') ? 'num_or_size_splits' : 'indices_or_sections'
  const sections = settings.intList(key, { min: 0 })
  const even = Array.isArray(settings.get(key)) ? undefined : sections[0]!
  const sizes =
    even !== undefined
      ? Array.from<number>({ length: Math.min(even, size) }).fill(size / even)
      : key === 'num_or_size_splits'
        ? sections
        : [...sections, size].map((end, i) => end - (sections[i - 1] ?? 0))
  if (!sizes.every(part => Number.isInteger(part) && part > 0) || sizes.reduce((a, c) => a + c, 0) !== size)
    settings.fail(key, `parts of ${size}`)
  return b.ops('Split', [x, b.ints(sizes)], sizes.length, { attributes: { axis: { int: axis } } })
}

const unstack: ConvertLayer = call => {
  const { b } = call
  const settings = settingsOf(call)
  const x = tensorOf(call, 0, 'x', 'value')
  const shape = shapeOf(x)
  const axis = axisOf(settings.int('axis', 0, { min: -64 }), shape.length)
  const size = shape[axis]
  if (typeof size !== 'number' || size < 1 || size > 4096)
    throw new Refusal('unstack of an axis whose size is free')
  return Array.from({ length: size }, (_, i) =>
    b.op('Gather', [x, b.scalar('int64', i)], { attributes: { axis: { int: axis } } }),
  )
}

const tile: ConvertLayer = call => {
  const { b } = call
  const settings = settingsOf(call)
  const x = inputOf(call)
  const rank = shapeOf(x).length
  const repeats = settings.intList(settings.has('multiples') ? 'multiples' : 'repeats', { min: 1 })
  const whole = [...Array.from<number>({ length: Math.max(0, rank - repeats.length) }).fill(1), ...repeats]
  if (whole.length > rank) throw new Refusal('repeats of more axes than the tensor has')
  return [b.op('Tile', [x, b.ints(whole)])]
}

/** Each element again and again. */
const repeat: ConvertLayer = call => {
  const { b } = call
  const settings = settingsOf(call)
  const given = inputOf(call)
  const x = settings.has('axis') ? given : b.op('Reshape', [given, b.ints([-1])])
  const rank = shapeOf(x).length
  const axis = settings.has('axis') ? axisOf(settings.int('axis', 0, { min: -64 }), rank) : 0
  const n = settings.int('repeats', undefined, { min: 1 })
  const apart = b.op('Unsqueeze', [x, b.ints([axis + 1])])
  const many = b.op('Tile', [
    apart,
    b.ints(Array.from({ length: rank + 1 }, (_, i) => (i === axis + 1 ? n : 1))),
  ])
  const target = Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 0))
  const size = shapeOf(x)[axis]
  const shape = shapeOf(x).with(axis, typeof size === 'number' ? size * n : null)
  // Axes before the merged one are kept by 0; those behind have moved by one.
  const kept = target.map((part, i) => (i > axis ? shapeOf(x)[i] : part))
  if (!kept.every(part => typeof part === 'number'))
    throw new Refusal('repeat in front of an axis whose size is free')
  return [b.op('Reshape', [many, b.ints(kept as readonly number[])], { types: [{ dtype: x.dtype, shape }] })]
}

export const joins: LayerTable = {
  Concatenate: full(concatenate, 'stops'),
  Stack: full(stack, 'stops'),
  Split: limited('axes of known size', split, 'stops'),
  Unstack: limited('axes of known size', unstack, 'stops'),
  Tile: full(tile, 'stops'),
  Repeat: limited('one number of repeats', repeat, 'stops'),
}
