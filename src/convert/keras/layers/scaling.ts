import type { Json } from '../../../core/index.ts'
import type { OnnxTensor } from '../../../formats/index.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { isObject } from '../config.ts'
import { axisOf, cast, shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerTable, limited } from '../layer.ts'
import { derived } from '../weights/derived.ts'

/** Numbers for each channel and the like: no more than a table of them. */
const MAX_NUMBERS = 100_000

/** A number, or lists of numbers of one shape. */
interface Numbers {
  readonly shape: readonly number[]
  readonly elements: readonly number[]
}

/** Numbers in a config, as they are or as numpy's arrays are serialized. Recursion ends: JSON's depth is limited. */
function numbersOf({ config }: LayerCall, key: string, fallback?: number): Numbers {
  const fail = (): never => config.fail(key, 'a number, or lists of numbers')
  const read = (json: Json | undefined): Numbers => {
    if (typeof json === 'number') return { shape: [], elements: [json] }
    if (!Array.isArray(json) || json.length === 0) return fail()
    const items = (json as readonly Json[]).map(read)
    const [first] = items
    const regular = items.every(({ shape }) => String(shape) === String(first?.shape))
    const elements = items.flatMap(item => item.elements)
    if (!regular || elements.length > MAX_NUMBERS) return fail()
    return { shape: [items.length, ...first!.shape], elements }
  }
  const value = config.get(key) ?? fallback
  const inner = isObject(value) ? value['config'] : undefined
  return read(isObject(inner) ? inner['value'] : value)
}

/** x · scale + offset; lists are for each channel. */
const rescaling: ConvertLayer = call => {
  const { b, dtype, inputs } = call
  const x = cast(b, inputs[0], dtype)
  const types = [{ dtype, shape: shapeOf(x) }]
  const [scale, offset] = [numbersOf(call, 'scale'), numbersOf(call, 'offset', 0)]
  const value = ({ shape, elements }: Numbers): Value => b.constant(dtype, shape, elements)
  const scaled = scale.elements.every(n => n === 1) ? x : b.op('Mul', [x, value(scale)], { types })
  return [offset.elements.every(n => n === 0) ? scaled : b.op('Add', [scaled, value(offset)], { types })]
}

/** Keras' epsilon: the least that is divided by. */
const EPSILON = 1e-7

/** (x − mean) / max(√variance, 1e−7), by what the layer was adapted to, or its config says; the reverse with `invert`. */
const normalization: ConvertLayer = call => {
  const { b, config, dtype, inputs } = call
  const x = cast(b, inputs[0], dtype)
  const types = [{ dtype, shape: shapeOf(x) }]
  const { mean, deviation } = config.has('mean') ? statedMoments(call, x) : adaptedMoments(call, x)
  if (config.bool('invert', false))
    return [b.op('Add', [b.op('Mul', [x, deviation], { types }), mean], { types })]
  return [b.op('Div', [b.op('Sub', [x, mean], { types }), deviation], { types })]
}

/** Axes that have moments of their own, from 0 and in order. */
function keptAxes({ config }: LayerCall, rank: number): readonly number[] {
  const value = config.get('axis')
  if (value === undefined) return Object.hasOwn(config.json, 'axis') ? [] : [rank - 1]
  return config
    .intList('axis')
    .map(axis => axisOf(axis, rank))
    .toSorted((a, b) => a - b)
}

function adaptedMoments(call: LayerCall, x: Value) {
  const { b, variables, dtype } = call
  const shape = shapeOf(x)
  const axes = keptAxes(call, shape.length)
  const [mean, variance] = [variables.get('mean', 0), variables.get('variance', 1)]
  const sizes = shape.map((_, i) => (axes.includes(i) ? (mean.shape[axes.indexOf(i)] ?? 1) : 1))
  const value = (weight: OnnxTensor, way: string, compute: (x: number) => number): Value => {
    const made = derived([weight], way, { name: weight.name, shape: sizes }, elements =>
      elements.map(compute),
    )
    return cast(b, b.weight(made, weight.name), dtype)
  }
  return {
    mean: value(mean, 'mean', n => n),
    deviation: value(variance, 'deviation', n => Math.max(Math.sqrt(n), EPSILON)),
  }
}

function statedMoments(call: LayerCall, x: Value) {
  const { b, dtype } = call
  const rank = shapeOf(x).length
  const axes = keptAxes(call, rank)
  const value = ({ shape, elements }: Numbers): Value => {
    if (shape.length > axes.length) throw new Refusal('moments of more axes than are kept')
    const sizes = Array.from<number>({ length: rank }).fill(1)
    for (const [i, size] of shape.entries()) sizes[axes[axes.length - shape.length + i]!] = size
    return b.constant(dtype, shape.length === 0 ? [] : sizes, elements)
  }
  const variance = numbersOf(call, 'variance')
  const deviations = variance.elements.map(n => Math.max(Math.sqrt(Math.fround(n)), EPSILON))
  return { mean: value(numbersOf(call, 'mean')), deviation: value({ ...variance, elements: deviations }) }
}

export const scalings: LayerTable = {
  Rescaling: full(rescaling),
  Normalization: limited('adapted, or with its moments', normalization),
}
