import { invalid } from '../config.ts'
import { floating, shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerTable } from '../layer.ts'

/** x · kernel + bias, over the last axis of any rank. */
const dense: ConvertLayer = call => {
  const { b, config, dtype } = call
  const x = floating(b, call.inputs[0], dtype)
  const kernel = call.weight('kernel', 0)
  const bias = config.bool('use_bias', true) ? call.weight('bias', 1) : undefined
  const shape = shapeOf(x)
  const [into, units] = kernel.shape ?? []
  const last = shape.at(-1)
  if (kernel.shape?.length !== 2 || (typeof last === 'number' && last !== into))
    throw invalid(
      `The kernel of Dense '${call.name}' has shape [${kernel.shape?.join(', ')}], and takes [${shape.map(size => size ?? '?').join(', ')}]`,
    )
  const types = [{ dtype: x.dtype, shape: [...shape.slice(0, -1), units ?? null] }]
  if (shape.length === 2) return [call.activate(b.op('Gemm', [x, kernel, bias], { types }))]
  const product = b.op('MatMul', [x, kernel], { types })
  return [call.activate(bias ? b.op('Add', [product, bias], { types }) : product)]
}

export const denses: LayerTable = { Dense: full(dense) }
