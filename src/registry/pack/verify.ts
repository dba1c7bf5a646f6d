import type { Bytes } from '../../core/index.ts'
import { forObject } from './errors.ts'
import { LocalPacks } from './local-packs.ts'
import type { StreamThreads } from './stream.ts'
import type { FindChunks, Recipe } from './types.ts'

const TASK_BYTES = 4 * 1024 * 1024

export interface VerifyRequest extends StreamThreads {
  readonly recipe: Recipe
  readonly find: FindChunks
  readonly onProgress?: (read: Bytes) => void
}

/**
 * Decodes every piece of a file in threads and compares it with its digest; nothing of it is kept. Throws PACK_CORRUPT,
 * naming object, chunk and pack, and PACK_NOT_FOUND.
 */
export async function verify({ recipe, find, packs, threads, onProgress }: VerifyRequest): Promise<void> {
  const local = new LocalPacks(packs, find)
  const ahead: { readonly done: Promise<unknown>; readonly length: Bytes }[] = []
  let read = 0
  const settle = async () => {
    const { done, length } = ahead[0]!
    await done
    ahead.shift()
    read += length
    onProgress?.(read)
  }
  try {
    for await (const { chains, length } of local.runs(recipe.pieces, TASK_BYTES)) {
      const done = threads.run({ kind: 'decode', chains, to: 'nowhere', check: true })
      // It is awaited in its turn, later than it may fail.
      done.catch(() => undefined)
      ahead.push({ done, length })
      if (ahead.length > 2 * threads.count) await settle()
    }
    while (ahead.length > 0) await settle()
  } catch (error) {
    throw forObject(error, recipe.digest)
  } finally {
    // Threads use the numbers of open files.
    await Promise.allSettled(ahead.map(({ done }) => done))
    await local.close()
  }
}
