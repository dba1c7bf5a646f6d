import { globalPool, type Pooling, pool } from '../../channels-last/index.ts'
import type { Value } from '../../graph/types.ts'
import { invalid } from '../config.ts'
import { cast, floating, shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerTable } from '../layer.ts'

const windowed =
  (rank: number, kind: Pooling): ConvertLayer =>
  call => {
    const { b, config } = call
    const size = config.ints('pool_size', rank, 2, { min: 1 })
    const strides = config.has('strides') ? config.ints('strides', rank, undefined, { min: 1 }) : size
    const padding = config.choice('padding', ['valid', 'same'], 'valid')
    const x = floating(b, call.inputs[0], call.dtype)
    return [pool(b, x, kind, { size, strides, padding, layout: config.layout() })]
  }

const overall =
  (rank: number, kind: Pooling): ConvertLayer =>
  call => {
    const { b, config } = call
    const x = floating(b, call.inputs[0], call.dtype)
    if (shapeOf(x).length !== rank + 2)
      throw invalid(`${call.className} '${call.name}' takes ${rank + 2} axes, and gets ${shapeOf(x).length}`)
    const layout = config.layout()
    const keepAxes = config.bool('keepdims', false)
    const { mask } = call.inputs[0]
    if (rank === 1 && kind === 'average' && mask) return [maskedMean(call, x, mask, keepAxes)]
    return [globalPool(b, x, kind, { layout, keepAxes })]
  }

/** The mean over the steps that the mask keeps. */
function maskedMean({ b, config }: LayerCall, x: Value, mask: Value, keepAxes: boolean): Value {
  const first = config.layout() === 'channels-first'
  const shape = shapeOf(x)
  const [steps, channels] = first ? [2, 1] : [1, 2]
  const [batch = null, n = null] = mask.shape ?? []
  const keep = b.op('Unsqueeze', [cast(b, mask, x.dtype), b.ints([channels])], {
    types: [{ dtype: x.dtype, shape: first ? [batch, 1, n] : [batch, n, 1] }],
  })
  const sum = (of: Value, size: Value): Value => {
    const kept = size === keep ? 1 : (shape[channels] ?? null)
    const whole = first ? [batch, kept, 1] : [batch, 1, kept]
    return b.op('ReduceSum', [of, b.ints([steps])], {
      attributes: { keepdims: { int: keepAxes ? 1 : 0 } },
      types: [{ dtype: x.dtype, shape: keepAxes ? whole : [batch, kept] }],
    })
  }
  return b.op('Div', [sum(b.op('Mul', [x, keep]), x), sum(keep, keep)])
}

function family(name: string, layer: (rank: number) => ConvertLayer): LayerTable {
  return Object.fromEntries([1, 2, 3].map(rank => [`${name}${rank}D`, full(layer(rank), 'stops')]))
}

export const poolings: LayerTable = {
  ...family('MaxPooling', rank => windowed(rank, 'max')),
  ...family('AveragePooling', rank => windowed(rank, 'average')),
  ...family('GlobalMaxPooling', rank => overall(rank, 'max')),
  ...family('GlobalAveragePooling', rank => overall(rank, 'average')),
}
