import type { PixelStep } from '../../model/index.ts'
import type { StepBuilder } from './builder.ts'
import { resized } from './resize.ts'
import type { Size, Sizes } from './size.ts'

/** Images between their source and the tensor, in the graph: a value [N, C, H, W]. */
export interface PixelValue {
  readonly name: string
  /** Bytes are uint8, floats float32 on the same 0…255 scale. */
  readonly kind: 'bytes' | 'floats'
  readonly batch: Size
  readonly channels: number
  readonly height: Size
  readonly width: Size
}

export interface Tools {
  readonly builder: StepBuilder
  readonly sizes: Sizes
}

type ResizeStep = Extract<PixelStep, { kind: 'resize' }>
type SizedResize = Extract<ResizeStep, { width: number }>

/** Nodes that do what the interpreter's step does. Throws OPTIMIZE_UNSUPPORTED. */
export function applyStep(tools: Tools, pixels: PixelValue, step: PixelStep): PixelValue {
  switch (step.kind) {
    case 'grayscale':
      return grayscale(tools, pixels)
    case 'invert':
      return invert(tools, pixels)
    case 'channels':
      return step.order === 'rgb' || pixels.channels < 3 ? pixels : swapped(tools, pixels)
    case 'resize':
      return 'shortest' in step ? toShortest(tools, pixels, step) : toSize(tools, pixels, step)
    case 'crop':
      return crop(tools, pixels, step)
    case 'pad':
      return pad(tools, pixels, paddedSize(tools, pixels, step.to), step.fill, step.align)
  }
}

/** Shares of red, green and blue in 16-bit fixed point: ITU-R BT.601. */
const LUMA = [19595, 38470, 7471] as const

function grayscale({ builder }: Tools, pixels: PixelValue): PixelValue {
  if (pixels.channels === 1) return pixels
  const axes = builder.int64([1])
  const sum = (value: string): string => builder.op('ReduceSum', [value, axes], { keepdims: 1 })
  if (pixels.kind === 'floats') {
    const shares = builder.float32(
      LUMA.map(share => share / 65_536),
      [1, 3, 1, 1],
    )
    return { ...pixels, name: sum(builder.op('Mul', [pixels.name, shares])), channels: 1 }
  }
  const wide = builder.op('Mul', [builder.cast(pixels.name, 'int32'), builder.int32(LUMA, [1, 3, 1, 1])])
  const rounded = builder.op('Add', [sum(wide), builder.int32([0x8000], [])])
  const luma = builder.op('Div', [rounded, builder.int32([65_536], [])])
  return { ...pixels, name: builder.cast(luma, 'uint8'), channels: 1 }
}

function invert({ builder }: Tools, pixels: PixelValue): PixelValue {
  if (pixels.kind === 'bytes') return { ...pixels, name: builder.op('BitwiseNot', [pixels.name]) }
  return { ...pixels, name: builder.op('Sub', [builder.float32([255], []), pixels.name]) }
}

function swapped({ builder }: Tools, pixels: PixelValue): PixelValue {
  return { ...pixels, name: builder.op('Gather', [pixels.name, builder.int64([2, 1, 0])], { axis: 1 }) }
}

function toShortest(
  tools: Tools,
  pixels: PixelValue,
  step: Extract<ResizeStep, { shortest: number }>,
): PixelValue {
  const { sizes } = tools
  const { width, height } = pixels
  const { shortest } = step
  const longer = (long: Size, short: Size): Size =>
    sizes.floor(sizes.divide(sizes.multiply(shortest, long), short))
  const wide = sizes.whereAtMost(width, height, shortest, longer(width, height))
  const high = sizes.whereAtMost(width, height, longer(height, width), shortest)
  return resized(tools, pixels, wide, high, step)
}

function toSize(tools: Tools, pixels: PixelValue, step: SizedResize): PixelValue {
  const { sizes } = tools
  const { width, height, fit } = step
  if (fit === 'fill') return resized(tools, pixels, width, height, step)
  if (fit === 'letterbox') {
    const ratio = sizes.least(sizes.divide(height, pixels.height), sizes.divide(width, pixels.width))
    const side = (given: Size): Size => sizes.most(1, sizes.round(sizes.multiply(given, ratio)))
    const fitting = resized(tools, pixels, side(pixels.width), side(pixels.height), step)
    return pad(tools, fitting, { width, height }, step.fill ?? [114], 'center')
  }
  const [across, down] = [sizes.multiply(width, pixels.height), sizes.multiply(height, pixels.width)]
  const [scaledWidth, scaledHeight] = [sizes.divide(down, pixels.height), sizes.divide(across, pixels.width)]
  // The target's width limits the scale where width × H ≥ height × W, if it must be covered; else where it is less.
  const wider = (yes: Size, no: Size): Size => sizes.whereAtMost(down, across, yes, no)
  if (fit === 'cover') {
    const wide = sizes.most(width, sizes.floor(wider(width, scaledWidth)))
    const high = sizes.most(height, sizes.floor(wider(scaledHeight, height)))
    return crop(tools, resized(tools, pixels, wide, high, step), { width, height })
  }
  const wide = sizes.least(width, sizes.most(1, sizes.roundUp(wider(scaledWidth, width))))
  const high = sizes.least(height, sizes.most(1, sizes.roundUp(wider(height, scaledHeight))))
  const fitting = resized(tools, pixels, wide, high, step)
  return pad(tools, fitting, { width, height }, step.fill ?? [0], 'center')
}

interface Box {
  readonly width: number
  readonly height: number
  readonly x?: number
  readonly y?: number
}

function crop(tools: Tools, pixels: PixelValue, { width, height, x, y }: Box): PixelValue {
  const { builder, sizes } = tools
  const middle = (size: Size, wanted: number): Size =>
    sizes.round(sizes.divide(sizes.subtract(size, wanted), 2))
  const [left, top] = [x ?? middle(pixels.width, width), y ?? middle(pixels.height, height)]
  const cut = builder.op('Slice', [
    pixels.name,
    sizes.vector([top, left]),
    sizes.vector([sizes.add(top, height), sizes.add(left, width)]),
    builder.int64([2, 3]),
  ])
  return checked(tools, { ...pixels, name: cut, width, height })
}

function paddedSize(
  { sizes }: Tools,
  { width, height }: PixelValue,
  to: Extract<PixelStep, { kind: 'pad' }>['to'],
): { readonly width: Size; readonly height: Size } {
  if (to === 'square') {
    const side = sizes.most(width, height)
    return { width: side, height: side }
  }
  if (!('multiple' in to)) return to
  const grown = (side: Size): Size => sizes.multiply(sizes.ceil(sizes.divide(side, to.multiple)), to.multiple)
  return { width: grown(width), height: grown(height) }
}

function pad(
  tools: Tools,
  pixels: PixelValue,
  { width, height }: { readonly width: Size; readonly height: Size },
  fill: readonly number[],
  align: 'center' | 'start',
): PixelValue {
  const { builder, sizes } = tools
  // An image that is larger is not cut: what it then has too many is told by `checked`.
  const [across, down] = [
    sizes.most(0, sizes.subtract(width, pixels.width)),
    sizes.most(0, sizes.subtract(height, pixels.height)),
  ]
  const before = (room: Size): Size => (align === 'start' ? 0 : sizes.floor(sizes.divide(room, 2)))
  const [left, top] = [before(across), before(down)]
  const pads = sizes.vector([top, left, sizes.subtract(down, top), sizes.subtract(across, left)])
  const axes = builder.int64([2, 3])
  const padded = (value: string, color: number): string => {
    const constant = pixels.kind === 'bytes' ? builder.uint8([color], []) : builder.float32([color], [])
    return builder.op('Pad', [value, pads, constant, axes])
  }
  const colors = fillOf(fill, pixels.channels)
  const plain = colors.every(color => color === colors[0])
  const name = plain
    ? padded(pixels.name, colors[0]!)
    : builder.op(
        'Concat',
        builder
          .ops('Split', [pixels.name], colors.length, { axis: 1, num_outputs: colors.length })
          .map((channel, i) => padded(channel, colors[i]!)),
        { axis: 1 },
      )
  return checked(tools, { ...pixels, name, width, height })
}

function fillOf([red = 0, green = red, blue = red]: readonly number[], channels: number): readonly number[] {
  if (channels > 1) return [red, green, blue]
  return [(red * LUMA[0] + green * LUMA[1] + blue * LUMA[2] + 0x8000) >> 16]
}

/** Fails when the graph runs where the image has not these sizes, as the interpreter does. */
function checked({ builder }: Tools, pixels: PixelValue): PixelValue {
  const { name, width, height, channels } = pixels
  if (typeof width === 'string' || typeof height === 'string') return pixels
  return { ...pixels, name: builder.op('Reshape', [name, builder.int64([-1, channels, height, width])]) }
}
