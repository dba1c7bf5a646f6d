import type { ByteSource } from '../../../core/index.ts'
import type { FileTree } from '../../ports.ts'
import type { FilePart } from '../../types.ts'

/** The data files of a checkpoint. */
export interface Shards {
  readonly files: readonly FilePart[]
  /** Gives `read` one of the files, which may be closed behind it. */
  reading(
    shard: number,
    read: (source: ByteSource) => AsyncGenerator<Uint8Array, void>,
  ): AsyncGenerator<Uint8Array, void>
  close(): Promise<void>
}

/** So many stay open; a checkpoint may have more files than a process may open. */
const MAX_OPEN = 16

/** Looks at each data file once, for its size. Throws FILE_UNREADABLE for a missing one. */
export async function openShards(tree: FileTree, prefix: string, count: number): Promise<Shards> {
  const path = (shard: number) => shardPath(prefix, shard, count)
  const files: FilePart[] = []
  const open: ByteSource[] = []
  const close = async () => {
    for (const source of open.splice(0)) await source.close()
  }
  try {
    for (let shard = 0; shard < count; shard++) {
      const source = await tree.open(path(shard))
      files.push({ path: path(shard), size: source.size })
      if (open.length < MAX_OPEN) open.push(source)
      else await source.close()
    }
  } catch (cause) {
    await close()
    throw cause
  }
  return {
    files,
    close,
    async *reading(shard, read) {
      const kept = open[shard]
      const source = kept ?? (await tree.open(path(shard)))
      try {
        yield* read(source)
      } finally {
        if (!kept) await source.close()
      }
    },
  }
}

/** `variables.data-00000-of-00001`. */
export function shardPath(prefix: string, shard: number, count: number): string {
  return `${prefix}.data-${digits(shard)}-of-${digits(count)}`
}

function digits(number: number): string {
  return String(number).padStart(5, '0')
}
