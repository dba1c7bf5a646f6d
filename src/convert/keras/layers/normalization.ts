import type { OnnxTensor } from '../../../formats/index.ts'
import { fromFirst, toFirst } from '../../channels-last/index.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { invalid } from '../config.ts'
import { axisOf, floating, same, shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerTable, limited } from '../layer.ts'

/** Axes of a config, from 0 and in order; −1 where it has none. */
function axesOf({ config }: LayerCall, x: Value): readonly number[] {
  const rank = shapeOf(x).length
  const given = config.has('axis') ? config.intList('axis') : [-1]
  const axes = given.map(axis => axisOf(axis, rank)).toSorted((a, b) => a - b)
  return axes.length > 0 ? axes : config.fail('axis', 'one axis or more')
}

/** A reduction over `axes` that keeps them as 1. */
function reduced({ b }: LayerCall, op: string, x: Value, axes: readonly number[]): Value {
  const shape = shapeOf(x).map((size, i) => (axes.includes(i) ? 1 : size))
  return b.op(op, [x, b.ints(axes)], { types: [{ dtype: x.dtype, shape }] })
}

/** A weight of the shape of `axes`, with ones in the place of the others: it broadcasts to `x`. */
function spread({ b }: LayerCall, weight: OnnxTensor, x: Value, axes: readonly number[]): Value {
  const shape = shapeOf(x)
  const first = axes[0]!
  const trailing = axes.every((axis, i) => axis === first + i) && axes.at(-1) === shape.length - 1
  if (weight.shape.length !== axes.length)
    throw invalid(
      `The variable '${weight.name}' has ${weight.shape.length} axes; ${axes.length} are normalised`,
    )
  if (trailing) return b.weight(weight, weight.name)
  const sizes = shape.map((_, i) => (axes.includes(i) ? weight.shape[axes.indexOf(i)]! : 1)).slice(first)
  return b.weight({ ...weight, shape: sizes }, weight.name)
}

const layerNormalization: ConvertLayer = call => {
  const { b, config, dtype } = call
  if (config.bool('rms_scaling', false)) throw new Refusal('rms_scaling=True', 'Use RMSNormalization.')
  const x = floating(b, call.inputs[0], dtype)
  const axes = axesOf(call, x)
  const epsilon = config.number('epsilon', 1e-3)
  const [scaled, centred] = [config.bool('scale', true), config.bool('center', true)]
  const gamma = scaled ? call.weights.get('gamma', 0) : undefined
  const beta = centred ? call.weights.get('beta', Number(scaled)) : undefined
  const rank = shapeOf(x).length
  const first = rank - axes.length
  const type = { dtype: x.dtype, shape: shapeOf(x) }
  if (gamma && axes.every((axis, i) => axis === first + i)) {
    const weights = [gamma, ...(beta ? [beta] : [])].map(weight => spread(call, weight, x, axes))
    const attributes = { axis: { int: first }, epsilon: { float: epsilon } }
    return [b.op('LayerNormalization', [x, ...weights], { attributes, types: [type] })]
  }
  const centre = b.op('Sub', [x, reduced(call, 'ReduceMean', x, axes)], { types: [type] })
  const variance = reduced(call, 'ReduceMean', b.op('Mul', [centre, centre], { types: [type] }), axes)
  const deviation = same(b, 'Sqrt', b.op('Add', [variance, b.scalar(x.dtype, epsilon)]))
  const y = b.op('Div', [centre, deviation], { types: [type] })
  return [scaledAndMoved(call, y, axes, gamma, beta)]
}

function scaledAndMoved(
  call: LayerCall,
  x: Value,
  axes: readonly number[],
  gamma: OnnxTensor | undefined,
  beta: OnnxTensor | undefined,
): Value {
  const { b } = call
  const types = [{ dtype: x.dtype, shape: shapeOf(x) }]
  const y = gamma ? b.op('Mul', [x, spread(call, gamma, x, axes)], { types }) : x
  return beta ? b.op('Add', [y, spread(call, beta, x, axes)], { types }) : y
}

/** Each sample's groups of channels have mean 0 and variance 1: instances of one row each. */
const groupNormalization: ConvertLayer = call => {
  const { b, config, dtype } = call
  const x = floating(b, call.inputs[0], dtype)
  const rank = shapeOf(x).length
  const axis = axisOf(config.int('axis', -1, { min: -64 }), rank)
  if (rank < 2 || (axis !== 1 && axis !== rank - 1)) throw new Refusal(`axis=${axis}`)
  const layout = axis === 1 ? 'channels-first' : 'channels-last'
  const image = rank > 2 ? toFirst(b, x, layout, rank - 2) : x
  const normal = inGroups(call, image)
  const [scaled, centred] = [config.bool('scale', true), config.bool('center', true)]
  const gamma = scaled ? call.weights.get('gamma', 0) : undefined
  const beta = centred ? call.weights.get('beta', Number(scaled)) : undefined
  const y = scaledAndMoved(call, normal, [1], gamma, beta)
  return [rank > 2 ? fromFirst(b, y, layout, rank - 2) : y]
}

function inGroups({ b, config, className, name }: LayerCall, x: Value): Value {
  const shape = shapeOf(x)
  const [batch = null, channels] = shape
  if (typeof channels !== 'number') throw new Refusal('channels of a free number')
  const asked = config.int('groups', 32, { min: -1 })
  const groups = asked === -1 ? channels : asked
  if (groups < 1 || channels % groups !== 0)
    throw invalid(`${className} '${name}' makes ${groups} groups of ${channels} channels`)
  const rows = b.op('Reshape', [x, b.ints([0, groups, -1])], {
    types: [{ dtype: x.dtype, shape: [batch, groups, null] }],
  })
  const filled = (value: number): Value =>
    b.constant(x.dtype, [groups], Array.from<number>({ length: groups }).fill(value))
  const normal = b.op('InstanceNormalization', [rows, filled(1), filled(0)], {
    attributes: { epsilon: { float: config.number('epsilon', 1e-3) } },
    types: [{ dtype: x.dtype, shape: [batch, groups, null] }],
  })
  return b.op(
    'Reshape',
    [normal, b.op('Shape', [x], { types: [{ dtype: 'int64', shape: [shape.length] }] })],
    {
      types: [{ dtype: x.dtype, shape }],
    },
  )
}

/** x / max(√Σx², 1e−12). */
const unitNormalization: ConvertLayer = call => {
  const { b, dtype } = call
  const x = floating(b, call.inputs[0], dtype)
  const squares = reduced(call, 'ReduceSumSquare', x, axesOf(call, x))
  const floor = b.op('Max', [squares, b.scalar(x.dtype, 1e-24)], {
    types: [{ dtype: x.dtype, shape: shapeOf(squares) }],
  })
  return [b.op('Div', [x, same(b, 'Sqrt', floor)], { types: [{ dtype: x.dtype, shape: shapeOf(x) }] })]
}

/** x / √(mean x² + epsilon) · scale. */
const rmsNormalization: ConvertLayer = call => {
  const { b, config, dtype } = call
  const x = floating(b, call.inputs[0], dtype)
  const axes = axesOf(call, x)
  const types = [{ dtype: x.dtype, shape: shapeOf(x) }]
  const squares = b.op('Pow', [x, b.scalar(x.dtype, 2)], { types })
  const mean = reduced(call, 'ReduceMean', squares, axes)
  const root = same(b, 'Sqrt', b.op('Add', [mean, b.scalar(x.dtype, config.number('epsilon', 1e-6))]))
  const y = b.op('Div', [x, root], { types })
  return [scaledAndMoved(call, y, axes, call.weights.get('scale', 0), undefined)]
}

/** At inference the layer within has its normalised kernel. */
const spectralNormalization: ConvertLayer = async call =>
  call.convert(call.layerIn(call.config.get('layer'), 'layer'), call.inputs)

export const normalizations: LayerTable = {
  LayerNormalization: limited('no rms_scaling', layerNormalization),
  GroupNormalization: limited('axis 1 or the last', groupNormalization),
  UnitNormalization: full(unitNormalization),
  RMSNormalization: full(rmsNormalization, 'stops'),
  SpectralNormalization: full(spectralNormalization, 'stops'),
}
