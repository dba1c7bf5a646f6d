import { intOf, intsOf, open, textOf, typed, unfit } from './read.ts'
import type { NodeToInfer, Rule } from './types.ts'
import type { Shape, Size } from './values.ts'

/** How a window moves over the spatial axes: what Conv and pools have in common. */
interface Windows {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Padding before and after each axis, together. */
  readonly padding: readonly number[]
  /** Before each axis. */
  readonly before: readonly number[]
  readonly auto: 'NOTSET' | 'SAME_UPPER' | 'SAME_LOWER' | 'VALID'
  readonly ceil: boolean
}

function windowsOf(node: NodeToInfer, kernel: readonly number[]): Windows {
  const axes = kernel.length
  const list = (name: string, otherwise: number, length = axes) => {
    const given = intsOf(node, name) ?? new Array<number>(length).fill(otherwise)
    if (given.length !== length) throw unfit(`${node.op}: ${name} has ${given.length} items, not ${length}`)
    return given
  }
  const strides = list('strides', 1)
  if (strides.some(stride => !(stride > 0))) throw unfit(`${node.op}: strides are ${strides.join(', ')}`)
  const pads = list('pads', 0, 2 * axes)
  const auto = textOf(node, 'auto_pad', 'NOTSET') as Windows['auto']
  const padded = auto === 'NOTSET'
  return {
    kernel,
    strides,
    dilations: list('dilations', 1),
    padding: kernel.map((_, i) => (padded ? pads[i]! + pads[i + axes]! : 0)),
    before: kernel.map((_, i) => (padded ? pads[i]! : 0)),
    auto,
    ceil: intOf(node, 'ceil_mode', 0) !== 0,
  }
}

/** Where a window starts at most, plus one (ONNX, "MaxPool"; of Conv without `ceil`). */
function slid(size: Size, i: number, windows: Windows): Size {
  const { padding, before, auto, ceil } = windows
  const stride = windows.strides[i]!
  const reach = (windows.kernel[i]! - 1) * windows.dilations[i]! + 1
  const same = auto === 'SAME_UPPER' || auto === 'SAME_LOWER'
  if (typeof size !== 'number') return stride === 1 && (same || padding[i]! === reach - 1) ? size : null
  if (same) return Math.ceil(size / stride)
  const room = size + padding[i]! - reach
  if (room < 0) throw tooSmall(size, reach)
  if (!ceil) return Math.floor(room / stride) + 1
  const steps = Math.ceil(room / stride)
  // A window that would start in the padding after the axis is left out.
  return steps * stride >= size + before[i]! ? steps : steps + 1
}

function tooSmall(size: number, reach: number) {
  return unfit(`A window of ${reach} elements does not fit an axis of ${size}`)
}

/** The spatial sizes of a kernel, where they are known: of `kernel_shape`, or of the weight behind `skip` axes. */
function kernelOf(node: NodeToInfer, weight: Shape | undefined): readonly number[] | undefined {
  const given = intsOf(node, 'kernel_shape')
  if (given) return given
  const sizes = weight?.slice(2)
  return sizes?.every(size => typeof size === 'number') ? (sizes as readonly number[]) : undefined
}

function spatial(
  node: NodeToInfer,
  x: Shape,
  weight: Shape | undefined,
  move: (size: Size, i: number, windows: Windows) => Size,
): Shape {
  const kernel = kernelOf(node, weight)
  if (!kernel) return open(x.length - 2)
  if (kernel.length !== x.length - 2)
    throw unfit(`${node.op}: a kernel of ${kernel.length} axes over a tensor of ${x.length}`)
  const windows = windowsOf(node, kernel)
  return x.slice(2).map((size, i) => move(size, i, windows))
}

function checkChannels(node: NodeToInfer, channels: Size, weight: Size | undefined): void {
  if (typeof channels !== 'number' || typeof weight !== 'number') return
  if (channels !== weight) throw unfit(`${node.op}: ${channels} channels, and a weight for ${weight}`)
}

export const convShape = (
  node: NodeToInfer,
  x: Shape | undefined,
  w: Shape | undefined,
): Shape | undefined => {
  if (!x) return w && [null, w[0] ?? null, ...open(w.length - 2)]
  if (x.length < 2) throw unfit(`${node.op} over a tensor of ${x.length} axes`)
  const group = intOf(node, 'group', 1)
  const per = w?.[1]
  checkChannels(node, x[1]!, typeof per === 'number' ? per * group : undefined)
  return [x[0]!, w?.[0] ?? null, ...spatial(node, x, w, slid)]
}

const conv: Rule = node => {
  const [x, w] = node.inputs
  return x && w && [typed(x.dtype, convShape(node, x.shape, w.shape))]
}

const convInteger: Rule = node => conv(node)?.map(type => ({ ...type, dtype: 'int32' as const }))

/** x, its scale, its zero point, w, w scale, w zero point, y scale, y zero point, bias. */
const qLinearConv: Rule = node => {
  const [x, , , w, , , , zero] = node.inputs
  return x && w && zero && [typed(zero.dtype, convShape(node, x.shape, w.shape))]
}

const convTranspose: Rule = node => {
  const [x, w] = node.inputs
  if (!x || !w) return undefined
  if (!x.shape) return [typed(x.dtype, w.shape && open(w.shape.length))]
  const outputs = w.shape?.[1]
  const channels = typeof outputs === 'number' ? outputs * intOf(node, 'group', 1) : null
  checkChannels(node, x.shape[1]!, w.shape?.[0])
  const given = intsOf(node, 'output_shape')
  const extra = intsOf(node, 'output_padding') ?? []
  const sizes = given?.slice(-(x.shape.length - 2)) ?? spatial(node, x.shape, w.shape, grown(extra))
  return [typed(x.dtype, [x.shape[0]!, channels, ...sizes])]
}

/** ONNX, "ConvTranspose": stride · (size − 1) + output padding + reach − padding. */
const grown =
  (extra: readonly number[]) =>
  (size: Size, i: number, { strides, kernel, dilations, padding, auto }: Windows): Size => {
    const stride = strides[i]!
    const reach = (kernel[i]! - 1) * dilations[i]! + 1
    const more = extra[i] ?? 0
    const same = auto === 'SAME_UPPER' || auto === 'SAME_LOWER'
    if (typeof size === 'number')
      return same ? size * stride : stride * (size - 1) + more + reach - padding[i]!
    return stride === 1 && (same || reach - 1 + more === padding[i]!) ? size : null
  }

export const pool: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  const shape = x.shape && [...x.shape.slice(0, 2), ...spatial(node, x.shape, undefined, slid)]
  return [typed(x.dtype, shape), typed('int64', shape)].slice(0, node.outputs)
}

const globalPool: Rule = ({ inputs: [x] }) =>
  x && [
    typed(
      x.dtype,
      x.shape?.map((size, i) => (i < 2 ? size : 1)),
    ),
  ]

export const windows: Readonly<Record<string, Rule>> = {
  Conv: conv,
  ConvInteger: convInteger,
  QLinearConv: qLinearConv,
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
}
