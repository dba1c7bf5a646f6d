import { fromFirst, pool, type ResizeOptions, resize, toFirst } from '../../channels-last/index.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { bicubicByMatrices, MAX_MATRIX } from './bicubic.ts'
import { cast, input, listOf } from './emit.ts'
import { kernelType } from './kernels.ts'

/** Where pixels lie, by the op's two attributes. */
function coordinatesOf({ attributes }: OpCall): ResizeOptions['coordinates'] {
  if (attributes.bool('align_corners', false)) return 'align-corners'
  return attributes.bool('half_pixel_centers', false) ? 'half-pixel' : 'asymmetric'
}

/** Numbers where they are known. */
function sizesOf(call: OpCall): ResizeOptions['sizes'] {
  const sizes = listOf(call.emitter, input(call, 1))
  const known = sizes.known?.filter(size => typeof size === 'number')
  return known && known.length === sizes.known!.length ? known : sizes
}

/** float32, whatever the image is. */
const bilinear: Convert = call =>
  resize(call.emitter, cast(call.emitter, input(call, 0), 'float32'), {
    sizes: sizesOf(call),
    mode: 'linear',
    coordinates: coordinatesOf(call),
  })

/**
 * By matrices where all sizes are known. Else by ONNX's kernel, Keys' as well: with half pixels a = −0.5 and weights
 * outside left out, without them a = −0.75; it has no table, so it differs by a thousandth.
 */
const bicubic: Convert = call => {
  const { emitter: b } = call
  const x = cast(b, input(call, 0), 'float32')
  const [coordinates, sizes] = [coordinatesOf(call), sizesOf(call)]
  const [, height, width, channels] = x.shape ?? []
  if (Array.isArray(sizes) && sizes.length === 2 && typeof channels === 'number') {
    const axes = [height, width].flatMap((from, i) =>
      typeof from === 'number' && from > 0 && sizes[i]! > 0 && from * sizes[i]! <= MAX_MATRIX
        ? [[from, sizes[i]!] as [number, number]]
        : [],
    )
    if (axes.length === 2) return bicubicByMatrices(b, x, axes, coordinates, channels)
  }
  const isHalf = coordinates === 'half-pixel'
  return resize(b, x, {
    sizes,
    mode: 'cubic',
    coordinates,
    cubic: isHalf ? -0.5 : -0.75,
    excludeOutside: isHalf,
  })
}

/** Rounded down, but half up where corners are aligned. With half pixels ⌊(x + ½) · scale⌋ is the nearest, half up. */
const nearest: Convert = call => {
  const { emitter: b } = call
  const x = input(call, 0)
  const coordinates = coordinatesOf(call)
  const wide = kernelType('Resize', x.dtype)
  if (wide === undefined) throw new Refusal(`of ${x.dtype}`)
  const y = resize(b, cast(b, x, wide), {
    sizes: sizesOf(call),
    mode: 'nearest',
    coordinates,
    nearest: coordinates === 'asymmetric' ? 'floor' : 'round-prefer-ceil',
  })
  return cast(b, y, x.dtype)
}

/** Means of equal areas: where the size is a whole part of the image's. */
const area: Convert = async call => {
  const { emitter: b, attributes } = call
  const x = cast(b, input(call, 0), 'float32')
  const sizes = await call.integers(1)
  const steps = sizes.map((size, i) => Number(x.shape?.[i + 1]) / size)
  const isWhole = steps.length === 2 && steps.every(step => Number.isInteger(step) && step >= 1)
  if (!isWhole || attributes.bool('align_corners', false))
    throw new Refusal('to sizes that are no whole part of the image’s', 'Resize with another method.')
  return pool(b, x, 'average', { size: steps, strides: steps, padding: 'valid' })
}

/** ONNX Runtime's own op; ONNX' RoiAlign takes means of several samples, which is another result. */
const cropAndResize: Convert = call => {
  const { emitter: b, attributes } = call
  const image = cast(b, input(call, 0), 'float32')
  const [boxes, batch, sizes] = [input(call, 1), input(call, 2), input(call, 3)]
  const [rows = null, columns = null] = sizes.known ?? []
  const shape = [boxes.shape?.[0] ?? null, image.shape?.[3] ?? null, rows, columns]
  const given: readonly Value[] = [
    toFirst(b, image, 'channels-last', 2),
    boxes,
    cast(b, batch, 'int32'),
    cast(b, sizes, 'int32'),
  ]
  const y = b.op('CropAndResize', given, {
    domain: 'com.microsoft',
    attributes: {
      mode: { text: attributes.text('method', 'bilinear') },
      extrapolation_value: { float: attributes.float('extrapolation_value', 0) },
    },
    types: [{ dtype: 'float32', shape }],
  })
  return fromFirst(b, y, 'channels-last', 2)
}

export const resizeOps: OpTable = {
  ResizeBilinear: { convert: bilinear },
  ResizeBicubic: { convert: bicubic, limits: 'within a thousandth where a size is free' },
  ResizeNearestNeighbor: { convert: nearest },
  ResizeArea: { convert: area, limits: 'to a whole part of the size' },
  CropAndResize: { convert: cropAndResize },
}
