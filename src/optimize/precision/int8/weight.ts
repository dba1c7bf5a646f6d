import type { OnnxTensor } from '../../../formats/index.ts'
import { type Int8Grid, weightPasses } from '../../../kernels/index.ts'
import type { Workspace } from '../../ports.ts'
import { bytesOf, checkFinite, floatsOf } from '../floats.ts'
import { type GridType, gridOf } from './grid.ts'
import { transposed, transposedNeed } from './transpose.ts'

export interface WeightPlan {
  readonly type: GridType
  /** Along which each place has a scale of its own; absent: one for all. */
  readonly axis?: number
  /** Rows become columns: the weight of a Gemm that says so itself. */
  readonly transpose?: boolean
  /** Grids are let go when each part was read: those of all columns of a large model are many. */
  readonly once?: boolean
  /** Absent: what is made of it is held, where it must be. */
  readonly workspace?: Workspace
  /** Other grids than those of the least and the greatest, made once. */
  readonly adjust?: (grids: readonly Int8Grid[]) => Promise<readonly Int8Grid[]>
}

/** A weight on 256 places: computed from the float32 ones when it is read. */
export interface Int8Weight {
  readonly quantized: OnnxTensor
  readonly scale: OnnxTensor
  readonly zeroPoint: OnnxTensor
  /** Read from the weight when they are first asked for. */
  readonly grids: () => Promise<readonly Int8Grid[]>
}

/** Places, scale and zero point. */
const PARTS = 3

/**
 * `name` + `_quantized`, `_scale` and `_zero_point`. The grids take a pass over the numbers, made once for all three.
 * Throws OPTIMIZE_UNSUPPORTED, while it is read, for NaN and infinity.
 */
export function int8Weight(tensor: OnnxTensor, name: string, plan: WeightPlan): Int8Weight {
  const { type, axis, transpose = false, workspace } = plan
  const { shape } = tensor
  if (transpose) workspace?.need(transposedNeed(shape[0]!, shape[1]!), `the columns of '${tensor.name}'`)
  let found: Promise<readonly Int8Grid[]> | undefined
  const grids = () => (found ??= gridsOf(tensor, plan))
  let left = PARTS
  const part = async function* (pieces: AsyncGenerator<Uint8Array, void>) {
    yield* pieces
    if (!plan.once || --left > 0) return
    found = undefined
    left = PARTS
  }
  const each = axis === undefined ? [] : [shape[axis]!]
  return {
    grids,
    quantized: {
      name: `${name}_quantized`,
      dtype: type.dtype,
      shape: transpose ? shape.toReversed() : shape,
      data: () => part(quantizedPieces(tensor, plan, grids)),
    },
    scale: {
      name: `${name}_scale`,
      dtype: 'float32',
      shape: each,
      data: () => part(scales(grids)),
    },
    zeroPoint: {
      name: `${name}_zero_point`,
      dtype: type.dtype,
      shape: each,
      data: () => part(zeroPoints(grids)),
    },
  }
}

type Grids = () => Promise<readonly Int8Grid[]>

async function* scales(grids: Grids): AsyncGenerator<Uint8Array, void> {
  yield bytesOf(Float32Array.from(await grids(), ({ scale }) => scale))
}

async function* zeroPoints(grids: Grids): AsyncGenerator<Uint8Array, void> {
  yield Uint8Array.from(await grids(), ({ zeroPoint }) => zeroPoint)
}

async function gridsOf(tensor: OnnxTensor, { type, axis, adjust }: WeightPlan): Promise<readonly Int8Grid[]> {
  const { least, greatest } = await rangesOf(tensor, axis)
  const grids = Array.from(least, (low, i) => {
    checkFinite(tensor, low, greatest[i]!)
    return gridOf(low, greatest[i]!, type)
  })
  return adjust ? adjust(grids) : grids
}

/** The least and the greatest of each place along the axis. */
async function rangesOf(
  tensor: OnnxTensor,
  axis: number | undefined,
): Promise<{ readonly least: Float32Array; readonly greatest: Float32Array }> {
  const passes = weightPasses()
  const count = axis === undefined ? 1 : tensor.shape[axis]!
  const length = runLength(tensor, axis)
  const least = new Float32Array(count).fill(Number.POSITIVE_INFINITY)
  const greatest = new Float32Array(count).fill(Number.NEGATIVE_INFINITY)
  let at = 0
  for await (const numbers of floatsOf(tensor)) {
    if (length === 1 && axis !== undefined) passes.columnRanges(numbers, at % count, least, greatest)
    else
      for (const { run, from, to } of runsOf(at, numbers.length, length)) {
        const place = run % count
        const [low, high] = passes.range(numbers.subarray(from, to))
        least[place] = Math.min(least[place]!, low)
        greatest[place] = Math.max(greatest[place]!, high)
      }
    at += numbers.length
  }
  // A weight without numbers has 0 as its range.
  if (at === 0) for (const range of [least, greatest]) range.fill(0)
  return { least, greatest }
}

async function* quantizedPieces(
  tensor: OnnxTensor,
  { axis, transpose, workspace }: WeightPlan,
  grids: Grids,
): AsyncGenerator<Uint8Array, void> {
  const columns = axis !== undefined && runLength(tensor, axis) === 1
  const pieces = columns ? byColumns(tensor, await grids()) : byRuns(tensor, await grids(), axis)
  if (transpose) yield* transposed(pieces, tensor.shape[0]!, tensor.shape[1]!, workspace)
  else yield* pieces
}

async function* byColumns(tensor: OnnxTensor, grids: readonly Int8Grid[]): AsyncGenerator<Uint8Array, void> {
  const passes = weightPasses()
  const columns = {
    scales: Float32Array.from(grids, ({ scale }) => scale),
    zeroPoints: Int32Array.from(grids, ({ zeroPoint }) => zeroPoint),
    least: grids[0]?.least ?? 0,
    greatest: grids[0]?.greatest ?? 0,
  }
  let at = 0
  let room = new Uint8Array()
  for await (const numbers of floatsOf(tensor)) {
    if (room.length < numbers.length) room = new Uint8Array(numbers.length)
    const bytes = room.subarray(0, numbers.length)
    passes.columnInt8(numbers, at % grids.length, columns, bytes)
    at += numbers.length
    yield bytes
  }
}

async function* byRuns(
  tensor: OnnxTensor,
  grids: readonly Int8Grid[],
  axis: number | undefined,
): AsyncGenerator<Uint8Array, void> {
  const passes = weightPasses()
  const length = runLength(tensor, axis)
  let at = 0
  let room = new Uint8Array()
  for await (const numbers of floatsOf(tensor)) {
    if (room.length < numbers.length) room = new Uint8Array(numbers.length)
    const bytes = room.subarray(0, numbers.length)
    for (const { run, from, to } of runsOf(at, numbers.length, length))
      passes.int8(numbers.subarray(from, to), grids[run % grids.length]!, bytes.subarray(from, to))
    at += numbers.length
    yield bytes
  }
}

/** Numbers that lie together and share a scale; 0: all of them. */
function runLength({ shape }: OnnxTensor, axis: number | undefined): number {
  return axis === undefined ? 0 : shape.slice(axis + 1).reduce((product, size) => product * size, 1)
}

/** The runs of `length` numbers in a piece of `count` that begins at the number `at`; 0: it is all one run. */
function* runsOf(
  at: number,
  count: number,
  length: number,
): Generator<{ readonly run: number; readonly from: number; readonly to: number }, void> {
  if (length === 0) {
    yield { run: 0, from: 0, to: count }
    return
  }
  for (let from = 0; from < count; ) {
    const run = Math.floor((at + from) / length)
    const to = Math.min(count, (run + 1) * length - at)
    yield { run, from, to }
    from = to
  }
}
