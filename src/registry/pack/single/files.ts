import { type ByteSource, type Digest, openFile, type PackId } from '../../../core/index.ts'
import { RegistryError } from '../../errors.ts'
import type { ChunkPlace, FindChunks, PackStore } from '../types.ts'

/** Files anywhere as packs. */
export function filePacks(paths: ReadonlyMap<PackId, string>): Pick<PackStore, 'open' | 'localPath'> {
  const localPath = (id: PackId): string => {
    const path = paths.get(id)
    if (path !== undefined) return path
    throw new RegistryError('PACK_NOT_FOUND', { message: `There is no pack ${id} among the given files` })
  }
  return {
    localPath,
    // Errors name the file, not an id that nobody gave.
    open: async (id): Promise<ByteSource> => openFile(localPath(id)),
  }
}

export function finderOf(places: Iterable<ChunkPlace>): FindChunks {
  const all = new Map<Digest, ChunkPlace>()
  for (const place of places) if (!all.has(place.chunk)) all.set(place.chunk, place)
  return async chunks => new Map(chunks.flatMap(chunk => (all.has(chunk) ? [[chunk, all.get(chunk)!]] : [])))
}
