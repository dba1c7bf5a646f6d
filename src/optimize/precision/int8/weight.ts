import type { OnnxTensor } from '../../../formats/index.ts'
import { type Int8Grid, weightPasses } from '../../../kernels/index.ts'
import { bytesOf, checkFinite, floatsOf } from '../floats.ts'
import { gridOf, type WeightType } from './grid.ts'
import { transposed } from './transpose.ts'

/** Which numbers share a scale: all, those of a column, or those of a row of a matrix. */
export type Sharing = 'all' | 'columns' | 'rows'

export interface WeightPlan {
  readonly type: WeightType
  readonly sharing: Sharing
  /** Rows become columns: the weight of a Gemm that says so itself. */
  readonly transpose?: boolean
}

/** A weight on 256 places: computed from the float32 ones when it is read. */
export interface Int8Weight {
  readonly quantized: OnnxTensor
  readonly scale: OnnxTensor
  readonly zeroPoint: OnnxTensor
}

/**
 * `name` + `_quantized`, `_scale` and `_zero_point`. The grids take a pass over the numbers, made once for all three.
 * Throws OPTIMIZE_UNSUPPORTED, while it is read, for NaN and infinity.
 */
export function int8Weight(tensor: OnnxTensor, name: string, plan: WeightPlan): Int8Weight {
  const { type, sharing, transpose = false } = plan
  const { shape } = tensor
  let found: Promise<readonly Int8Grid[]> | undefined
  const grids = () => (found ??= gridsOf(tensor, plan))
  const each = sharing === 'all' ? [] : [sharing === 'rows' ? shape[0]! : shape.at(-1)!]
  return {
    quantized: {
      name: `${name}_quantized`,
      dtype: type.dtype,
      shape: transpose ? shape.toReversed() : shape,
      data: () => quantizedPieces(tensor, plan, grids),
    },
    scale: {
      name: `${name}_scale`,
      dtype: 'float32',
      shape: each,
      async *data() {
        yield bytesOf(Float32Array.from(await grids(), ({ scale }) => scale))
      },
    },
    zeroPoint: {
      name: `${name}_zero_point`,
      dtype: type.dtype,
      shape: each,
      async *data() {
        yield Uint8Array.from(await grids(), ({ zeroPoint }) => zeroPoint)
      },
    },
  }
}

async function gridsOf(tensor: OnnxTensor, { type, sharing }: WeightPlan): Promise<readonly Int8Grid[]> {
  const ranges = await rangesOf(tensor, sharing)
  return ranges.map(([least, greatest]) => {
    checkFinite(tensor, least, greatest)
    return gridOf(least, greatest, type)
  })
}

type Range = readonly [number, number]

async function rangesOf(tensor: OnnxTensor, sharing: Sharing): Promise<readonly Range[]> {
  const passes = weightPasses()
  const width = tensor.shape.at(-1) ?? 1
  const count = sharing === 'all' ? 1 : sharing === 'rows' ? tensor.shape[0]! : width
  const least = new Float32Array(count).fill(Number.POSITIVE_INFINITY)
  const greatest = new Float32Array(count).fill(Number.NEGATIVE_INFINITY)
  let at = 0
  for await (const numbers of floatsOf(tensor)) {
    if (sharing === 'columns') passes.columnRanges(numbers, at % width, least, greatest)
    else
      for (const { row, from, to } of rowsOf(
        at,
        numbers.length,
        sharing === 'rows' ? rowLength(tensor) : 0,
      )) {
        const [low, high] = passes.range(numbers.subarray(from, to))
        least[row] = Math.min(least[row]!, low)
        greatest[row] = Math.max(greatest[row]!, high)
      }
    at += numbers.length
  }
  // A weight without numbers has 0 as its range.
  return Array.from(least, (low, i): Range => (at === 0 ? [0, 0] : [low, greatest[i]!]))
}

async function* quantizedPieces(
  tensor: OnnxTensor,
  { sharing, transpose }: WeightPlan,
  grids: () => Promise<readonly Int8Grid[]>,
): AsyncGenerator<Uint8Array, void> {
  const pieces =
    sharing === 'columns' ? byColumns(tensor, await grids()) : byRows(tensor, await grids(), sharing)
  if (transpose) yield* transposed(pieces, tensor.shape[0]!, tensor.shape[1]!)
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
  for await (const numbers of floatsOf(tensor)) {
    const bytes = new Uint8Array(numbers.length)
    passes.columnInt8(numbers, at % grids.length, columns, bytes)
    at += numbers.length
    yield bytes
  }
}

async function* byRows(
  tensor: OnnxTensor,
  grids: readonly Int8Grid[],
  sharing: Sharing,
): AsyncGenerator<Uint8Array, void> {
  const passes = weightPasses()
  const length = sharing === 'rows' ? rowLength(tensor) : 0
  let at = 0
  for await (const numbers of floatsOf(tensor)) {
    const bytes = new Uint8Array(numbers.length)
    for (const { row, from, to } of rowsOf(at, numbers.length, length))
      passes.int8(numbers.subarray(from, to), grids[row]!, bytes.subarray(from, to))
    at += numbers.length
    yield bytes
  }
}

function rowLength({ shape }: OnnxTensor): number {
  return shape.slice(1).reduce((product, size) => product * size, 1)
}

/** The rows of `length` numbers in a piece of `count` that begins at the number `at`; 0: it is all one row. */
function* rowsOf(
  at: number,
  count: number,
  length: number,
): Generator<{ readonly row: number; readonly from: number; readonly to: number }, void> {
  if (length === 0) {
    yield { row: 0, from: 0, to: count }
    return
  }
  for (let from = 0; from < count; ) {
    const row = Math.floor((at + from) / length)
    const to = Math.min(count, (row + 1) * length - at)
    yield { row, from, to }
    from = to
  }
}
