import { depthwise, fromFirst, toFirst } from '../../channels-last/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { cast, emit, input, int64, invalid, like, rankOf } from './emit.ts'
import { padsOf } from './pad.ts'
import { reshaped } from './shapes.ts'
import { paddingOf, spatialOf } from './window.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** Sizes of some axes, as int64 in one axis. */
const sizes = (b: Emitter, x: Value, from: number, to: number): Value =>
  b.op('Shape', [x], { attributes: { start: { int: from }, end: { int: to } } })

const concat = (b: Emitter, parts: readonly Value[]): Value =>
  b.op('Concat', parts, { attributes: { axis: { int: 0 } } })

const transposed = (b: Emitter, x: Value, perm: readonly number[]): Value =>
  b.op('Transpose', [x], { attributes: { perm: { ints: perm } } })

const productOf = (sizesOf: readonly number[]): number => sizesOf.reduce((product, size) => product * size, 1)

/** Blocks as they are given: one size an axis behind the batch, `op` of two axes by an attribute. */
async function blockOf(call: OpCall): Promise<readonly number[]> {
  const block = call.attributes.has('block_size')
    ? [call.attributes.int('block_size'), call.attributes.int('block_size')]
    : await call.integers(1)
  const fits = block.length > 0 && block.length < rankOf(input(call, 0))
  if (!fits || !block.every(size => size >= 1 && size <= 2 ** 20))
    throw invalid(`${call.op} '${call.name}' has blocks of [${block.slice(0, 8).join(', ')}]`)
  return block
}

/** What is around the blocks: behind the block's input where there is one. */
const aroundOf = (call: OpCall): Value => input(call, call.attributes.has('block_size') ? 1 : 2)

/**
 * [N, S1, …, rest] padded, cut into blocks B, and each place of a block made a batch of its own:
 * [N, S1/B1, B1, …, rest] -> [B1, …, N, S1/B1, …, rest] -> [B1 · … · N, S1/B1, …, rest].
 */
const spaceToBatch: Convert = async call => {
  const { emitter: b } = call
  const block = await blockOf(call)
  const x = input(call, 0)
  const [rank, n] = [rankOf(x), block.length]
  const axes = b.ints(upTo(n).map(i => i + 1))
  const padded = emit(b, 'Pad', [x, padsOf(b, aroundOf(call)), like(b, x, 0), axes], { computed: [0, 2] })
  const parts = upTo(n).flatMap(i => [
    b.op('Div', [sizes(b, padded, i + 1, i + 2), b.ints([block[i]!])]),
    b.ints([block[i]!]),
  ])
  const rest = sizes(b, padded, n + 1, rank)
  const cut = reshaped(b, padded, concat(b, [sizes(b, x, 0, 1), ...parts, rest]))
  const inner = upTo(n).map(i => 2 * i + 2)
  const outer = upTo(n).map(i => 2 * i + 1)
  const behind = upTo(rank - n - 1).map(i => 2 * n + 1 + i)
  const turned = transposed(b, cut, [...inner, 0, ...outer, ...behind])
  const batch = b.op('Mul', [sizes(b, x, 0, 1), b.ints([productOf(block)])])
  return reshaped(b, turned, concat(b, [batch, sizes(b, turned, n + 1, rank + n)]))
}

/** The other way around, and cropped. */
const batchToSpace: Convert = async call => {
  const { emitter: b } = call
  const block = await blockOf(call)
  const x = input(call, 0)
  const [rank, n] = [rankOf(x), block.length]
  const batch = b.op('Div', [sizes(b, x, 0, 1), b.ints([productOf(block)])])
  const cut = reshaped(b, x, concat(b, [b.ints(block), batch, sizes(b, x, 1, rank)]))
  const pairs = upTo(n).flatMap(i => [n + 1 + i, i])
  const turned = transposed(b, cut, [n, ...pairs, ...upTo(rank - n - 1).map(i => 2 * n + 1 + i)])
  const grown = upTo(n).map(i => b.op('Mul', [sizes(b, x, i + 1, i + 2), b.ints([block[i]!])]))
  const whole = reshaped(b, turned, concat(b, [batch, ...grown, sizes(b, x, n + 1, rank)]))
  return cropped(b, whole, int64(b, aroundOf(call)), n)
}

/** Without `crops` `[n, 2]` before and behind the axes from 1 on. */
function cropped(b: Emitter, x: Value, crops: Value, n: number): Value {
  if (crops.known?.every(crop => crop === 0)) return x
  const column = (i: number): Value =>
    b.op('Gather', [crops, b.scalar('int64', i)], { attributes: { axis: { int: 1 } } })
  const ends = b.op('Sub', [sizes(b, x, 1, n + 1), column(1)])
  return b.op('Slice', [x, column(0), ends, b.ints(upTo(n).map(i => i + 1))])
}

/** Between space and channels; TensorFlow counts a block's channels as ONNX does: row, column, channel. */
const depth =
  (op: 'SpaceToDepth' | 'DepthToSpace'): Convert =>
  call => {
    const { emitter: b, attributes } = call
    const format = attributes.text('data_format', 'NHWC')
    if (format.endsWith('VECT_C')) throw new Refusal(`data_format=${format}`)
    const layout = format === 'NCHW' ? 'channels-first' : 'channels-last'
    const x = toFirst(b, input(call, 0), layout, 2)
    return fromFirst(
      b,
      emit(b, op, [x], { attributes: { blocksize: { int: attributes.int('block_size') } } }),
      layout,
      2,
    )
  }

/** Numbers in the kernel that copies patches: 16 MB of them. */
const MAX_KERNEL = 4_000_000

/** Windows of an image, each made a row of channels: a convolution with kernels that copy one pixel each. */
const patches: Convert = call => {
  const { emitter: b, attributes } = call
  const x = input(call, 0)
  const [, rows = 0, columns = 0] = attributes.ints('ksizes')
  const channels = x.shape?.[3]
  if (typeof channels !== 'number') throw new Refusal('of images whose number of channels is not known')
  const count = rows * columns
  if (!(count >= 1 && count * count * channels <= MAX_KERNEL))
    throw new Refusal(`of patches of ${rows} × ${columns} pixels and ${channels} channels`)
  const kernel = b.constant('float32', [rows, columns, channels, count], copying(count, channels))
  const y = depthwise(b, cast(b, x, 'float32'), kernel, {
    strides: spatialOf(call, 'strides', 'channels-last', 2),
    dilations: spatialOf(call, 'rates', 'channels-last', 2),
    padding: paddingOf(call, 'channels-last', 2),
  })
  // By channel and then pixel; TensorFlow has it by pixel and then channel.
  const space = sizes(b, y, 0, 3)
  const split = reshaped(b, y, concat(b, [space, b.ints([channels, count])]))
  const turned = transposed(b, split, [0, 1, 2, 4, 3])
  return cast(b, reshaped(b, turned, concat(b, [space, b.ints([channels * count])])), x.dtype)
}

/** [pixel, channel, out]: 1 where the pixel is the output's. */
function copying(pixels: number, channels: number): number[] {
  const kernel = new Array<number>(pixels * channels * pixels).fill(0)
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let channel = 0; channel < channels; channel++)
      kernel[(pixel * channels + channel) * pixels + pixel] = 1
  return kernel
}

export const blockOps: OpTable = {
  SpaceToBatchND: { convert: spaceToBatch },
  SpaceToBatch: { convert: spaceToBatch },
  BatchToSpaceND: { convert: batchToSpace },
  BatchToSpace: { convert: batchToSpace },
  SpaceToDepth: { convert: depth('SpaceToDepth') },
  DepthToSpace: { convert: depth('DepthToSpace') },
  ExtractImagePatches: { convert: patches, limits: 'small patches' },
}
