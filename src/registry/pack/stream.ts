import type { Bytes } from '../../core/index.ts'
import { LocalPacks } from './local-packs.ts'
import type { Starts } from './starts.ts'
import type { PieceThreads } from './threads/pool.ts'
import type { FindChunks, PackStore, Recipe } from './types.ts'

/** Of one task: what the reader waits for at first, and what each thread holds. */
const TASK_BYTES = 1024 * 1024

export interface StreamThreads {
  readonly threads: PieceThreads
  readonly packs: Pick<PackStore, 'open' | 'localPath'>
}

interface StreamRequest extends StreamThreads {
  readonly recipe: Recipe
  readonly find: FindChunks
}

/**
 * Bytes [start, end) of a file, not empty, decoded and checked in threads a few pieces ahead of the reader. Throws
 * PACK_CORRUPT, PACK_NOT_FOUND.
 */
export async function* decodeAhead(
  { recipe, find, packs, threads }: StreamRequest,
  starts: Starts,
  start: Bytes,
  end: Bytes,
): AsyncGenerator<Uint8Array, void> {
  const [first, last] = [starts.holding(start), starts.holding(end - 1)]
  const local = new LocalPacks(packs, find)
  const ahead: Promise<readonly Uint8Array[]>[] = []
  let at = starts.of(first)
  const next = async (): Promise<readonly Uint8Array[]> => {
    const pieces = await ahead[0]!
    ahead.shift()
    return pieces.map(bytes => {
      const from = at
      at += bytes.byteLength
      return bytes.subarray(Math.max(0, start - from), Math.min(bytes.byteLength, end - from))
    })
  }
  try {
    for await (const { chains } of local.runs(recipe.pieces.slice(first, last + 1), TASK_BYTES)) {
      const task = threads.run({ kind: 'decode', chains, check: true })
      // It is awaited in its turn, later than it may fail.
      task.catch(() => undefined)
      ahead.push(task)
      if (ahead.length > threads.count) yield* await next()
    }
    while (ahead.length > 0) yield* await next()
  } finally {
    // Threads use the numbers of open files.
    await Promise.allSettled(ahead)
    await local.close()
  }
}
