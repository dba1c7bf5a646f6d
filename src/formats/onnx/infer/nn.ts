import { rules, same } from './elementwise.ts'
import { axisIn, intOf, intsOf, MAX_RANK, numbersOf, open, textOf, typed, unfit } from './read.ts'
import { divide, multiply } from './sizes.ts'
import type { NodeToInfer, Rule } from './types.ts'
import type { Shape, Size } from './values.ts'

/** Its outputs of training, too, where they are asked for: means and variances of the channels. */
const batchNormalization: Rule = ({ inputs: [x, , , mean, variance], outputs }) =>
  x &&
  [
    typed(x.dtype, x.shape),
    typed(mean?.dtype ?? x.dtype, mean?.shape),
    typed(variance?.dtype ?? x.dtype, variance?.shape),
  ].slice(0, outputs)

const layerNormalization: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  const axis = x.shape && axisIn(node, intOf(node, 'axis', -1), x.shape.length)
  const reduced = typed(
    'float32',
    x.shape?.map((size, i) => (i >= axis! ? 1 : size)),
  )
  return [typed(x.dtype, x.shape), reduced, reduced].slice(0, node.outputs)
}

/** Pads are all begins, then all ends, of `axes` or of all of them. */
const pad: Rule = node => {
  const [x, pads, , axesInput] = node.inputs
  if (!x) return undefined
  const rank = x.shape?.length
  if (rank === undefined || !x.shape) return [typed(x.dtype, undefined)]
  const given = axesInput ? numbersOf(axesInput) : Array.from({ length: rank }, (_, i) => i)
  const axes = given?.map(axis => axisIn(node, axis, rank))
  const amounts = pads?.known
  if (!axes || (amounts && amounts.length !== 2 * axes.length)) {
    if (axes) throw unfit(`Pad: ${amounts?.length} amounts for ${axes.length} axes`)
    return [typed(x.dtype, open(rank))]
  }
  const shape = x.shape.map((size, i): Size => {
    const at = axes.indexOf(i)
    if (at < 0) return size
    const [before, after] = [amounts?.[at], amounts?.[at + axes.length]]
    if (typeof before !== 'number' || typeof after !== 'number') return null
    if (before + after === 0) return size
    return typeof size === 'number' ? size + before + after : null
  })
  return [typed(x.dtype, shape)]
}

/** x, region of interest, scales, sizes. */
const resize: Rule = node => {
  const [x, , scales, sizes] = node.inputs
  if (!x) return undefined
  const rank = x.shape?.length
  if (rank === undefined || !x.shape) return [typed(x.dtype, undefined)]
  const axes =
    intsOf(node, 'axes')?.map(axis => axisIn(node, axis, rank)) ?? Array.from(open(rank), (_, i) => i)
  const stretched = textOf(node, 'keep_aspect_ratio_policy', 'stretch') === 'stretch'
  return [
    typed(
      x.dtype,
      x.shape.map((size, i): Size => {
        const at = axes.indexOf(i)
        if (at < 0) return size
        const [wanted, scale] = [sizes?.known?.[at], scales?.known?.[at]]
        if (sizes && stretched && wanted !== undefined) return wanted
        if (sizes || typeof scale !== 'number') return null
        if (scale === 1) return size
        return typeof size === 'number' ? Math.floor(Math.fround(size * Math.fround(scale))) : null
      }),
    ),
  ]
}

const depthToSpace: Rule = node =>
  blocks(node, (size, channels, block) => [
    divide([channels], [block * block]),
    multiply([size[0]!, block]),
    multiply([size[1]!, block]),
  ])
const spaceToDepth: Rule = node =>
  blocks(node, (size, channels, block) => [
    multiply([channels, block * block]),
    divide([size[0]!], [block]),
    divide([size[1]!], [block]),
  ])

function blocks(node: NodeToInfer, move: (spatial: Shape, channels: Size, block: number) => Shape) {
  const [x] = node.inputs
  if (!x) return undefined
  if (!x.shape) return [typed(x.dtype, open(4))]
  if (x.shape.length !== 4) throw unfit(`${node.op} over a tensor of ${x.shape.length} axes`)
  const block = intOf(node, 'blocksize', 1)
  return [typed(x.dtype, [x.shape[0]!, ...move(x.shape.slice(2), x.shape[1]!, block)])]
}

/** x, w, r … Of [time, batch, features], or with `layout` 1 of [batch, time, features]. */
const recurrent: Rule = node => {
  const [x, , r] = node.inputs
  if (!x) return undefined
  const hidden = intOf(node, 'hidden_size') ?? r?.shape?.[2] ?? null
  const directions = textOf(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1
  const first = intOf(node, 'layout', 0) !== 0
  const [time, batch] = first
    ? [x.shape?.[1] ?? null, x.shape?.[0] ?? null]
    : [x.shape?.[0] ?? null, x.shape?.[1] ?? null]
  const all = first ? [batch, time, directions, hidden] : [time, directions, batch, hidden]
  const last = first ? [batch, directions, hidden] : [directions, batch, hidden]
  return [typed(x.dtype, all), typed(x.dtype, last), typed(x.dtype, last)].slice(0, node.outputs)
}

const gridSample: Rule = ({ inputs: [x, grid] }) => {
  if (!x) return undefined
  if (!x.shape || !grid?.shape) return [typed(x.dtype, x.shape && open(x.shape.length))]
  return [typed(x.dtype, [...x.shape.slice(0, 2), ...grid.shape.slice(1, -1)])]
}

const roiAlign: Rule = node => {
  const [x, rois] = node.inputs
  if (!x) return undefined
  const [height, width] = [intOf(node, 'output_height', 1), intOf(node, 'output_width', 1)]
  return [typed(x.dtype, [rois?.shape?.[0] ?? null, x.shape?.[1] ?? null, height, width])]
}

/** Sizes at the middle of some axes, cut or padded. */
const centerCropPad: Rule = node => {
  const [x, sizes] = node.inputs
  if (!x?.shape) return x && [typed(x.dtype, undefined)]
  const rank = x.shape.length
  const axes =
    intsOf(node, 'axes')?.map(axis => axisIn(node, axis, rank)) ?? Array.from(open(rank), (_, i) => i)
  const shape = x.shape.map((size, i) => {
    const at = axes.indexOf(i)
    return at < 0 ? size : (sizes?.known?.[at] ?? null)
  })
  return [typed(x.dtype, shape)]
}

const affineGrid: Rule = ({ inputs: [theta, size] }) => {
  if (!theta) return undefined
  const known = size?.known
  if (!known || known.length > MAX_RANK) return [typed(theta.dtype, undefined)]
  return [typed(theta.dtype, [known[0] ?? null, ...known.slice(2), known.length - 2])]
}

export const nn: Readonly<Record<string, Rule>> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  ...rules('GroupNormalization InstanceNormalization LRN LpNormalization MeanVarianceNormalization', same),
  ...rules('RMSNormalization RotaryEmbedding', same),
  Pad: pad,
  Resize: resize,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  ...rules('LSTM GRU RNN', recurrent),
  GridSample: gridSample,
  RoiAlign: roiAlign,
  CenterCropPad: centerCropPad,
  AffineGrid: affineGrid,
}
