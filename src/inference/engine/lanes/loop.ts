import type { Milliseconds, Tensors } from '../../../core/index.ts'
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
  let running: Promise<unknown> = Promise.resolve()
  const run = async (parts: readonly Tensors[], outputs: readonly string[] | undefined): Promise<LaneRun> => {
    const started = performance.now()
    const inputs = parts.length === 1 ? parts[0]! : stackAll(parts)
    const stacked = performance.now()
    let [began, cpu] = [stacked, 0]
    // The runtime computes in a turn of its own, right behind this one.
    setImmediate(() => {
      began = performance.now()
      cpu = threadCpuMs()
    })
    const cut = lane.rowsAreIndependent && (commonRows(inputs) ?? 0) > MAX_BATCH_ROWS
    const found = await (cut ? inPieces(session, inputs, outputs) : session.run(inputs, outputs))
    const cpuMs = cut ? 0 : threadCpuMs() - cpu
    const inferMs = performance.now() - began
    return { outputs: found, inputMs: stacked - started, inferMs, outputMs: 0, cpuMs }
  }
  const lane: LoopLane = {
    signature: session.signature,
    rowsAreIndependent: false,
    run(parts, outputs) {
      const answer = run(parts, outputs)
      running = answer
      return answer
    },
    async close() {
      await running.catch(() => {})
      await session.close()
    },
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

/** What others do on the machine makes a run longer, and not heavier. */
function threadCpuMs(): Milliseconds {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
