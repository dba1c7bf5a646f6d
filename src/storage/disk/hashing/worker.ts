/**
 * A thread that hashes files while they are written. Started by thread.ts; in the bundle it is an entry by itself,
 * `hashing.js`.
 */
import { createHash, type Hash } from 'node:crypto'
import { readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { Drop, Reach, Reached } from './messages.ts'

const window = Buffer.alloc(256 * 1024)
const hashes = new Map<number, { readonly hash: Hash; at: number }>()

parentPort?.on('message', (message: Reach | Drop) => {
  if (message.kind === 'drop') {
    hashes.delete(message.hash)
    return
  }
  parentPort?.postMessage(reach(message))
})

function reach({ hash: id, fd, to, last }: Reach): Reached {
  const under = hashes.get(id) ?? { hash: createHash('sha256'), at: 0 }
  hashes.set(id, under)
  try {
    while (under.at < to) {
      const read = readSync(fd, window, 0, Math.min(window.length, to - under.at), under.at)
      if (read === 0) throw new Error(`The file ended at ${under.at}, before ${to}`)
      under.hash.update(window.subarray(0, read))
      under.at += read
    }
  } catch (error) {
    hashes.delete(id)
    return { hash: id, problem: String(error) }
  }
  if (!last) return { hash: id }
  hashes.delete(id)
  return { hash: id, hex: under.hash.digest('hex') }
}
