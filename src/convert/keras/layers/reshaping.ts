import { transpose } from '../../channels-last/index.ts'
import type { Shape, Size, Value } from '../../graph/types.ts'
import { invalid } from '../config.ts'
import { shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerTable } from '../layer.ts'

/** The product of sizes; null where one is free. */
function product(sizes: Shape): number | null {
  let all = 1
  for (const size of sizes) {
    if (typeof size !== 'number') return null
    all *= size
  }
  return all
}

function reshape({ b }: LayerCall, x: Value, target: readonly number[], shape: Shape): Value {
  return b.op('Reshape', [x, b.ints(target)], { types: [{ dtype: x.dtype, shape }] })
}

const flatten: ConvertLayer = call => {
  const { b, config, inputs } = call
  const [x] = inputs
  const rank = shapeOf(x).length
  if (rank === 1) return [reshape(call, x, [-1, 1], [shapeOf(x)[0] ?? null, 1])]
  const axes = Array.from({ length: rank }, (_, i) => i)
  const last = config.layout() === 'channels-first' && rank > 2
  const turned = last ? transpose(b, x, [0, ...axes.slice(2), 1]) : x
  const [batch = null, ...others] = shapeOf(turned)
  return [b.op('Flatten', [turned], { types: [{ dtype: x.dtype, shape: [batch, product(others)] }] })]
}

/** The batch stays; one size may be −1 (Keras 3: null). */
const reshapeLayer: ConvertLayer = call => {
  const { config, inputs } = call
  const [x] = inputs
  const [batch = null, ...others] = shapeOf(x)
  const target = config.list('target_shape').map(size => size ?? -1)
  const sane = target.every(size => Number.isInteger(size) && Number(size) >= -1 && size !== 0)
  if (!sane || target.length > 16 || target.filter(size => size === -1).length > 1)
    config.fail('target_shape', 'positive sizes, and −1 once')
  const sizes = target as readonly number[]
  const [all, fixed] = [product(others), product(sizes.filter(size => size !== -1))!]
  const open = all === null ? null : all / fixed
  if (sizes.includes(-1) ? open !== null && !Number.isInteger(open) : all !== null && all !== fixed)
    throw invalid(
      `Reshape '${call.name}' makes [${sizes.join(', ')}] of [${others.map(size => size ?? '?').join(', ')}]`,
    )
  return [reshape(call, x, [0, ...sizes], [batch, ...sizes.map((size): Size => (size === -1 ? open : size))])]
}

const permute: ConvertLayer = call => {
  const { b, config, inputs } = call
  const [x] = inputs
  const dims = config.ints('dims', shapeOf(x).length - 1, undefined, { min: 1 })
  if (!dims.toSorted((a, z) => a - z).every((axis, i) => axis === i + 1))
    config.fail('dims', 'each axis from 1 once')
  return [transpose(b, x, [0, ...dims])]
}

const repeatVector: ConvertLayer = call => {
  const { b, config, inputs } = call
  const [x] = inputs
  const n = config.int('n', undefined, { min: 1 })
  const [batch = null, size = null] = shapeOf(x)
  const one = b.op('Unsqueeze', [x, b.ints([1])], { types: [{ dtype: x.dtype, shape: [batch, 1, size] }] })
  return [b.op('Tile', [one, b.ints([1, n, 1])], { types: [{ dtype: x.dtype, shape: [batch, n, size] }] })]
}

export const reshapings: LayerTable = {
  Flatten: full(flatten, 'stops'),
  Reshape: full(reshapeLayer, 'stops'),
  Permute: full(permute, 'stops'),
  RepeatVector: full(repeatVector, 'stops'),
}
