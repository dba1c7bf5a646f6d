import { axesOf, fromFirst, type Pooling, pool, toFirst } from '../../channels-last/index.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { invalid } from '../config.ts'
import { floating, shapeOf } from '../emit.ts'
import { type ConvertLayer, type LayerCall, type LayerTable, limited } from '../layer.ts'

/** Elements that all windows of an axis have together: windows overlap by one at most. */
const MAX_GATHERED = 1_000_000

/**
 * Pools to a size that is given: window i of an axis goes from ⌊i · in / out⌋ to ⌈(i + 1) · in / out⌉. Where all windows are
 * one size apart it is a plain pool.
 */
const adaptive =
  (rank: number, kind: Pooling): ConvertLayer =>
  call => {
    const { b, config } = call
    const layout = config.layout()
    const x = floating(b, call.inputs[0], call.dtype)
    const { spatial } = axesOf(x, layout, rank)
    const sizes = spatial.filter(size => typeof size === 'number')
    if (shapeOf(x).length !== rank + 2)
      throw invalid(`${call.className} '${call.name}' takes ${rank + 2} axes`)
    if (sizes.length < rank) throw new Refusal('images whose size is free')
    const outputs = config.ints('output_size', rank, undefined, { min: 1 })
    if (sizes.every((size, i) => size % outputs[i]! === 0)) {
      const size = sizes.map((n, i) => n / outputs[i]!)
      return [pool(b, x, kind, { size, strides: size, padding: 'valid', layout })]
    }
    let y = toFirst(b, x, layout, rank)
    for (const [i, size] of sizes.entries())
      y = alongAxis(call, y, i + 2, windows(call, size, outputs[i]!), kind)
    return [fromFirst(b, y, layout, rank)]
  }

function windows({ className, name }: LayerCall, size: number, out: number): readonly (readonly number[])[] {
  if (out * (Math.ceil(size / out) + 1) > MAX_GATHERED) throw new Refusal(`${out} windows`)
  if (size < 1) throw invalid(`${className} '${name}' pools an axis of ${size}`)
  return Array.from({ length: out }, (_, i) => {
    const [start, end] = [Math.floor((i * size) / out), Math.ceil(((i + 1) * size) / out)]
    return Array.from({ length: end - start }, (__, k) => start + k)
  })
}

/** Gathers each window's elements, shorter ones filled with their first, and reduces them. */
function alongAxis(
  { b }: LayerCall,
  x: Value,
  axis: number,
  all: readonly (readonly number[])[],
  kind: Pooling,
): Value {
  const shape = shapeOf(x)
  const longest = Math.max(...all.map(window => window.length))
  const filled = all.flatMap(window => Array.from({ length: longest }, (_, k) => window[k] ?? window[0]!))
  const gathered = [...shape.slice(0, axis), all.length, longest, ...shape.slice(axis + 1)]
  const parts = b.op('Gather', [x, b.constant('int64', [all.length, longest], filled)], {
    attributes: { axis: { int: axis } },
    types: [{ dtype: x.dtype, shape: gathered }],
  })
  const types = [{ dtype: x.dtype, shape: shape.with(axis, all.length) }]
  const reduce = (op: string, of: Value): Value =>
    b.op(op, [of, b.ints([axis + 1])], { attributes: { keepdims: { int: 0 } }, types })
  if (kind === 'max') return reduce('ReduceMax', parts)
  const shares = all.flatMap(({ length }) =>
    Array.from({ length: longest }, (_, k) => (k < length ? 1 / length : 0)),
  )
  const broadcast = gathered.slice(axis).map((_, i) => (i === 0 ? all.length : i === 1 ? longest : 1))
  const weighted = b.op('Mul', [parts, b.constant(x.dtype, broadcast, shares)], {
    types: [{ dtype: x.dtype, shape: gathered }],
  })
  return reduce('ReduceSum', weighted)
}

function family(name: string, kind: Pooling): LayerTable {
  const entries = [1, 2, 3].map(rank => [
    `${name}${rank}D`,
    limited('images of known size', adaptive(rank, kind), 'stops'),
  ])
  return Object.fromEntries(entries)
}

export const adaptivePoolings: LayerTable = {
  ...family('AdaptiveAveragePooling', 'average'),
  ...family('AdaptiveMaxPooling', 'max'),
}
