import type { Tensors } from '../../../core/index.ts'
import { loadOnnx, type ModelSession } from '../../../model/index.ts'
import { MAX_BATCH_ROWS } from '../batching/index.ts'
import { commonRows, sliceAll, stackAll } from '../rows.ts'
import type { Lane, LaneOptions, LaneRun } from './lane.ts'

export interface LoopLane extends Lane {
  /**
   * Whether rows do not depend on each other: then a long run is cut into pieces, and the event loop gets a turn
   * between them.
   */
  rowsAreIndependent: boolean
}

/** A model in this very thread: for runs that cost less than the way to another one. */
export async function openLoopLane({ modelPath, threads }: LaneOptions): Promise<LoopLane> {
  const session = await loadOnnx(modelPath, { threads })
  const lane: LoopLane = {
    signature: session.signature,
    rowsAreIndependent: false,
    async run(parts, outputs): Promise<LaneRun> {
      const started = performance.now()
      const inputs = parts.length === 1 ? parts[0]! : stackAll(parts)
      const stacked = performance.now()
      const cut = lane.rowsAreIndependent && (commonRows(inputs) ?? 0) > MAX_BATCH_ROWS
      const found = await (cut ? inPieces(session, inputs, outputs) : session.run(inputs, outputs))
      const inferMs = performance.now() - stacked
      return { outputs: found, inputMs: stacked - started, inferMs, outputMs: 0 }
    },
    close: () => session.close(),
  }
  return lane
}

async function inPieces(
  session: ModelSession,
  inputs: Tensors,
  outputs: readonly string[] | undefined,
): Promise<Tensors> {
  const pieces: Tensors[] = []
  const rows = commonRows(inputs) ?? 0
  for (let at = 0; at < rows; at += MAX_BATCH_ROWS) {
    const piece = sliceAll(inputs, at, Math.min(rows, at + MAX_BATCH_ROWS))
    pieces.push(await session.run(piece, outputs))
  }
  return stackAll(pieces)
}
