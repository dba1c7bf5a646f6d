import type { OnnxTensor } from '../../../formats/index.ts'
import type { Workspace } from '../../ports.ts'
import { transposed, transposedNeed } from './transpose.ts'
import { type Int8Weight, int8Weight } from './weight.ts'

export interface LstmPlan {
  readonly reduced: boolean
  /** A scale for each row of each direction instead of one for a direction. */
  readonly perChannel: boolean
  readonly workspace?: Workspace
}

/**
 * A weight [directions, gates, width] of an LSTM as DynamicQuantizeLSTM takes it: int8 [directions, width, gates], with
 * scales [directions] or [directions, gates]. Throws as `int8Weight` does.
 */
export function lstmWeight(tensor: OnnxTensor, name: string, plan: LstmPlan): Int8Weight {
  const { reduced, perChannel, workspace } = plan
  const [directions, gates, width] = tensor.shape as readonly [number, number, number]
  workspace?.need(2 * gates * width + transposedNeed(gates, width), `one direction of '${tensor.name}'`)
  const shape = perChannel ? [directions * gates, width] : [directions, gates * width]
  const type = { dtype: 'int8', reduced } as const
  const { quantized, scale, zeroPoint, grids } = int8Weight({ ...tensor, shape }, name, { type, axis: 0 })
  const each = perChannel ? [directions, gates] : [directions]
  const pieces = quantized.data as () => AsyncIterable<Uint8Array>
  return {
    grids,
    quantized: {
      ...quantized,
      shape: [directions, width, gates],
      async *data() {
        for await (const matrix of matricesOf(pieces(), gates * width))
          yield* transposed(single(matrix), gates, width, workspace)
      },
    },
    scale: { ...scale, shape: each },
    zeroPoint: { ...zeroPoint, shape: each },
  }
}

/** Bytes of one matrix after the other; one at a time is held. */
async function* matricesOf(
  pieces: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, void> {
  let matrix = new Uint8Array(size)
  let at = 0
  for await (const piece of pieces)
    for (let from = 0; from < piece.length; ) {
      const part = piece.subarray(from, from + size - at)
      matrix.set(part, at)
      from += part.length
      at += part.length
      if (at < size) continue
      yield matrix
      matrix = new Uint8Array(size)
      at = 0
    }
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes
}
