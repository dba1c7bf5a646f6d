/**
 * A thread that decodes, encodes and hashes pieces, one task after the other. Started by pool.ts; in the bundle it is
 * an entry by itself, `pieces.js`.
 */
import { parentPort } from 'node:worker_threads'
import { openPieceCodec } from '../../codec/codec.ts'
import type { Answer, Results, Task } from './messages.ts'
import { Tasks } from './tasks.ts'
import { wireOf } from './wire.ts'

const tasks = new Tasks(openPieceCodec())

parentPort?.on('message', (task: Task) => {
  let answer: Answer
  let moved: ArrayBuffer[] = []
  try {
    const result = tasks.run(task)
    moved = buffersOf(result)
    answer = { ok: true, result }
  } catch (error) {
    answer = { ok: false, error: wireOf(error) }
  }
  parentPort?.postMessage(answer, moved)
})

function buffersOf(result: Results[keyof Results]): ArrayBuffer[] {
  if (result === undefined || typeof result === 'string') return []
  const all = 'encoding' in result ? [result.body] : result
  return all.flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []))
}
