import type { Attributes, Emitter, Shape, Size } from '../graph/types.ts'
import { invalid, type Layout } from './layout.ts'

/** Zeros around the spatial axes: TensorFlow's two ways, or so many before and after each. */
export type Padding = 'same' | 'valid' | readonly (readonly [before: number, after: number])[]

/** How a window goes over the spatial axes. */
export interface Window {
  /** Default: 1 on each axis. */
  readonly strides?: readonly number[]
  /** Default: 1 on each axis. */
  readonly dilations?: readonly number[]
  readonly padding: Padding
  /** Of the image that is taken and given. Default: `channels-last`. */
  readonly layout?: Layout
}

/** Sizes of one axis: those past `MAX_SIZE` are no image, and sums of them stay exact. */
const MAX_SIZE = 2 ** 31 - 1

/** What a window gives on each axis, and the attributes that say it. */
export interface Slid {
  readonly sizes: Shape
  readonly attributes: Attributes
}

/**
 * Sizes and attributes of a window over spatial axes, with TensorFlow's arithmetic:
 *
 *   reach = (size − 1) · dilation + 1
 *   valid: floor((n − reach) / stride) + 1
 *   same:  ceil(n / stride), and max((out − 1) · stride + reach − n, 0) zeros, the odd one behind
 *
 * Where `same` depends on a size that is free, the runtime computes it (`auto_pad`).
 */
export function slide(b: Emitter, spatial: Shape, size: readonly number[], window: Window): Slid {
  const rank = size.length
  const strides = numbers(b, 'strides', window.strides, rank)
  const dilations = numbers(b, 'dilations', window.dilations, rank)
  numbers(b, 'sizes of the window', size, rank)
  const { padding } = window
  const axes = spatial.map((n, i) =>
    axis(n, { size: size[i]!, stride: strides[i]!, dilation: dilations[i]! }, paddingOf(b, padding, i)),
  )
  if (axes.some(({ size: out }) => typeof out === 'number' && out < 1))
    throw invalid(
      `The window [${size.join(', ')}] of ${b.source.kind} '${b.source.name}' is larger than its image [${spatial.map(n => n ?? '?').join(', ')}]`,
    )
  const pads = axes.map(({ pads: own }) => own)
  const fixed = pads.filter(own => own !== undefined)
  return {
    sizes: axes.map(({ size: out }) => out),
    attributes: {
      kernel_shape: { ints: size },
      strides: { ints: strides },
      ...(dilations.some(d => d !== 1) && { dilations: { ints: dilations } }),
      ...(fixed.length < rank ? { auto_pad: { text: 'SAME_UPPER' } } : padsOf(fixed)),
    },
  }
}

/** ONNX lists what is before each axis, then what is behind each; nothing where there is none. */
export function padsOf(pads: readonly (readonly [number, number])[]): Attributes {
  if (pads.every(([before, after]) => before === 0 && after === 0)) return {}
  return { pads: { ints: [...pads.map(([before]) => before), ...pads.map(([, after]) => after)] } }
}

interface Step {
  readonly size: number
  readonly stride: number
  readonly dilation: number
}

function axis(n: Size, { size, stride, dilation }: Step, padding: 'same' | readonly [number, number]) {
  const reach = (size - 1) * dilation + 1
  if (padding !== 'same') {
    const out = typeof n === 'number' ? Math.floor((n + padding[0] + padding[1] - reach) / stride) + 1 : null
    const kept = stride === 1 && reach === 1 + padding[0] + padding[1]
    return { size: kept ? n : out, pads: padding }
  }
  const out = typeof n === 'number' ? Math.ceil(n / stride) : stride === 1 ? n : null
  if (typeof n !== 'number' && stride !== 1) return { size: out, pads: undefined }
  const total =
    typeof n === 'number' ? Math.max((Math.ceil(n / stride) - 1) * stride + reach - n, 0) : reach - 1
  const before = Math.floor(total / 2)
  return { size: out, pads: [before, total - before] as const }
}

function paddingOf(b: Emitter, padding: Padding, i: number): 'same' | readonly [number, number] {
  if (padding === 'same') return 'same'
  if (padding === 'valid') return [0, 0]
  const [before, after] = padding[i] ?? [Number.NaN, Number.NaN]
  const fits = (zeros: number): boolean => Number.isInteger(zeros) && zeros >= 0 && zeros <= MAX_SIZE
  if (!fits(before) || !fits(after))
    throw invalid(`The padding of ${b.source.kind} '${b.source.name}' is [${before}, ${after}] on axis ${i}`)
  return [before, after]
}

/** One positive integer for each axis. Throws CONVERT_INVALID. */
export function numbers(
  b: Emitter,
  what: string,
  given: readonly number[] | undefined,
  rank: number,
): readonly number[] {
  const list = given ?? Array.from<number>({ length: rank }).fill(1)
  if (list.length !== rank || !list.every(n => Number.isInteger(n) && n >= 1 && n <= MAX_SIZE))
    throw invalid(
      `The ${what} of ${b.source.kind} '${b.source.name}' are [${list.join(', ')}]; ${rank} positive integers are needed`,
    )
  return list
}
