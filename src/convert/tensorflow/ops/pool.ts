import { type Pooling, pool } from '../../channels-last/index.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { cast, input } from './emit.ts'
import { kernelType } from './kernels.ts'
import { layoutOf, paddingOf, spatialOf, spatialPart } from './window.ts'

/** Windows of an image; `sizes` are the window's and the strides', as the op gives them. */
function pooled(call: OpCall, kind: Pooling, axes: number, given?: readonly (readonly number[])[]) {
  const { emitter: b } = call
  const x = input(call, 0)
  const layout = layoutOf(call)
  const [size, strides] = ['ksize', 'strides'].map((name, i) =>
    given ? spatialPart(call, name, given[i]!, layout, axes) : spatialOf(call, name, layout, axes),
  )
  const wide = kernelType(kind === 'max' ? 'MaxPool' : 'AveragePool', x.dtype)
  if (wide === undefined) throw new Refusal(`of ${x.dtype}`)
  const padding = paddingOf(call, layout, axes)
  const y = pool(b, cast(b, x, wide), kind, { size: size!, strides: strides!, padding, layout })
  return cast(b, y, x.dtype)
}

const pooling =
  (kind: Pooling, axes: number): Convert =>
  call =>
    pooled(call, kind, axes)

/** Sizes are inputs. */
const maxPoolV2: Convert = async call =>
  pooled(call, 'max', 2, [await call.integers(1), await call.integers(2)])

/** TensorFlow and ONNX number the places otherwise. */
const maxPoolWithArgmax: Convert = call => {
  if (call.isUsed(1)) throw new Refusal('the places of the largest elements')
  return pooled(call, 'max', 2)
}

export const poolOps: OpTable = {
  MaxPool: { convert: pooling('max', 2) },
  MaxPoolV2: { convert: maxPoolV2, limits: 'sizes that are not computed' },
  MaxPool3D: { convert: pooling('max', 3) },
  MaxPoolWithArgmax: { convert: maxPoolWithArgmax, limits: 'without the places' },
  AvgPool: { convert: pooling('average', 2), limits: 'float64 in the precision of float32' },
  AvgPool3D: { convert: pooling('average', 3), limits: 'float64 in the precision of float32' },
}
