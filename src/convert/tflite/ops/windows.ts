import {
  type ConvOptions,
  conv,
  depthwise,
  type Padding,
  permuted,
  pool,
  transposedConv,
} from '../../channels-last/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import {
  type AttributesOf,
  activated,
  as,
  integersOf,
  type LiteCall,
  type LiteConvert,
  type LiteTable,
} from '../op.ts'

/** `Padding`: 0 is SAME. */
const paddingOf = async ({ options }: LiteCall): Promise<'same' | 'valid'> =>
  (await options.byte(0)) === 0 ? 'same' : 'valid'

const withBias = (bias: Value | undefined): Pick<ConvOptions, 'bias'> => (bias ? { bias } : {})

/** Conv2DOptions: 0 padding, 1 stride_w, 2 stride_h, 3 activation, 4 dilation_w, 5 dilation_h. Kernels are [out, h, w, in]. */
const conv2d: LiteConvert = async call => {
  const { emitter: b, options, inputs } = call
  const [x, kernel, bias] = inputs
  const y = conv(b, x!, permuted(b, kernel!, [1, 2, 3, 0]), {
    padding: await paddingOf(call),
    strides: [await options.int(2), await options.int(1)],
    dilations: [await options.int(5, 1), await options.int(4, 1)],
    ...withBias(bias),
  })
  return [await activated(call, y, 3)]
}

/** DepthwiseConv2DOptions: 3 depth_multiplier, 4 activation, 5 dilation_w, 6 dilation_h. Kernels are [1, h, w, in · multiplier]. */
const depthwise2d: LiteConvert = async call => {
  const { emitter: b, options, inputs } = call
  const [x, kernel, bias] = inputs
  const [, height, width, out] = sizesOf(kernel!)
  const channels = x!.shape?.at(-1)
  if (typeof channels !== 'number' || channels < 1 || out! % channels !== 0)
    throw new Refusal(`a kernel for ${out} channels over an image of ${String(channels)}`)
  const shaped = permuted(b, kernel!, [0, 1, 2, 3], [height!, width!, channels, out! / channels])
  const y = depthwise(b, x!, shaped, {
    padding: await paddingOf(call),
    strides: [await options.int(2), await options.int(1)],
    dilations: [await options.int(6, 1), await options.int(5, 1)],
    ...withBias(bias),
  })
  return [await activated(call, y, 4)]
}

/** Conv3DOptions: 1 stride_d, 2 stride_w, 3 stride_h, 4 activation, 5 dilation_d, 6 dilation_w, 7 dilation_h. Kernels are [d, h, w, in, out]. */
const conv3d: LiteConvert = async call => {
  const { emitter: b, options, inputs } = call
  const [x, kernel, bias] = inputs
  const y = conv(b, x!, kernel!, {
    padding: await paddingOf(call),
    strides: [await options.int(1), await options.int(3), await options.int(2)],
    dilations: [await options.int(5, 1), await options.int(7, 1), await options.int(6, 1)],
    ...withBias(bias),
  })
  return [await activated(call, y, 4)]
}

/** TransposeConvOptions: 1 stride_w, 2 stride_h, 3 activation. Inputs: shape of the output, kernel [out, h, w, in], image, bias. */
const transposed2d: LiteConvert = async call => {
  const { emitter: b, options, inputs } = call
  const [, kernel, x, bias] = inputs
  const strides = [await options.int(2), await options.int(1)]
  const wanted = (await integersOf(inputs, 0)).slice(1, 3)
  const sizes = x!.shape?.slice(1, 3) ?? []
  const extent = wanted.map((want, i) => {
    const size = sizes[i]
    if (typeof size !== 'number') throw new Refusal('an image of free size')
    return want - (size - 1) * strides[i]!
  })
  const y = transposedConv(b, x!, permuted(b, kernel!, [1, 2, 0, 3]), {
    padding: await paddingOf(call),
    strides,
    extent,
    ...withBias(bias),
  })
  return [await activated(call, y, 3)]
}

function sizesOf(kernel: Value): readonly number[] {
  const shape = kernel.shape ?? []
  if (shape.every(size => typeof size === 'number') && shape.length === 4) return shape as readonly number[]
  throw new Refusal('a kernel whose size is not known')
}

/** Pool2DOptions: 1 stride_w, 2 stride_h, 3 filter_width, 4 filter_height, 5 activation. */
const pooling =
  (
    kind: 'max' | 'average',
    before?: (b: Emitter, x: Value) => Value,
    after?: (b: Emitter, x: Value) => Value,
  ): LiteConvert =>
  async call => {
    const { emitter: b, options, inputs } = call
    const padding: Padding = await paddingOf(call)
    const size = [await options.int(4), await options.int(3)]
    const strides = [await options.int(2), await options.int(1)]
    const x = before ? before(b, inputs[0]!) : inputs[0]!
    const y = pool(b, x, kind, { size, strides, padding })
    return [await activated(call, after ? after(b, y) : y, 5)]
  }

/** FullyConnectedOptions: 0 activation, 1 weights_format, 2 keep_num_dims. The weight is [out, in]. */
const fullyConnected: LiteConvert = async call => {
  const { emitter: b, options, inputs } = call
  const [x, weight, bias] = inputs
  if ((await options.byte(1)) !== 0) throw new Refusal('weights that are shuffled')
  const [out, into] = weight!.shape ?? []
  if (typeof into !== 'number' || typeof out !== 'number')
    throw new Refusal('a weight whose size is not known')
  const rank = x!.shape?.length
  const keep = (await options.byte(2)) !== 0 && rank !== 2
  const flat = keep || (rank === 2 && x!.shape?.[1] === into) ? x! : b.op('Reshape', [x, b.ints([-1, into])])
  if (!keep) {
    const y = b.op('Gemm', bias ? [flat, weight, bias] : [flat, weight], {
      attributes: { transB: { int: 1 } },
    })
    return [await activated(call, y, 0)]
  }
  const product = b.op('MatMul', [flat, permuted(b, weight!, [1, 0])])
  return [await activated(call, bias ? b.op('Add', [product, bias]) : product, 0)]
}

const matmul: AttributesOf = async options => ({
  adj_x: (await options.byte(0)) !== 0,
  adj_y: (await options.byte(1)) !== 0,
})

const square = (b: Emitter, x: Value): Value => b.op('Mul', [x, x])
const root = (b: Emitter, x: Value): Value => b.op('Sqrt', [x])

/** align_corners, half_pixel_centers, from `first` on. */
const corners =
  (first: number): AttributesOf =>
  async options => ({
    align_corners: (await options.byte(first)) !== 0,
    half_pixel_centers: (await options.byte(first + 1)) !== 0,
  })

export const windows: LiteTable = {
  CONV_2D: { convert: conv2d },
  DEPTHWISE_CONV_2D: { convert: depthwise2d },
  CONV_3D: { convert: conv3d },
  TRANSPOSE_CONV: { convert: transposed2d, limits: 'images of a known size' },
  MAX_POOL_2D: { convert: pooling('max') },
  AVERAGE_POOL_2D: { convert: pooling('average') },
  L2_POOL_2D: { convert: pooling('average', square, root) },
  FULLY_CONNECTED: { convert: fullyConnected, limits: 'weights in their plain order' },
  BATCH_MATMUL: as('BatchMatMulV2', matmul),
  RESIZE_BILINEAR: as('ResizeBilinear', corners(2)),
  RESIZE_NEAREST_NEIGHBOR: as('ResizeNearestNeighbor', corners(0)),
  LOCAL_RESPONSE_NORMALIZATION: as('LRN', async options => ({
    depth_radius: await options.int(0),
    bias: await options.float(1),
    alpha: await options.float(2),
    beta: await options.float(3),
  })),
  // x / √max(Σ x², 1e-6), over the last axis.
  L2_NORMALIZATION: {
    async convert(call) {
      const { emitter: b, inputs } = call
      const x = inputs[0]!
      const sum = b.op('ReduceSum', [b.op('Mul', [x, x]), b.ints([-1])], {
        attributes: { keepdims: { int: 1 } },
      })
      const length = b.op('Sqrt', [b.op('Max', [sum, b.scalar(x.dtype, 1e-6)])])
      return [await activated(call, b.op('Div', [x, length]), 0)]
    },
  },
}
