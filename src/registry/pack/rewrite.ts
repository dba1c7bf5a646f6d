import type { ByteSource, Bytes, Digest } from '../../core/index.ts'
import { checkBody } from './chain.ts'
import { corrupt } from './errors.ts'
import type { ChunkPlace, PackContents, PackDraft } from './types.ts'
import { PackWriter } from './write.ts'

export interface RewriteRequest {
  readonly source: ByteSource
  /** As `readPack` gave it. */
  readonly contents: PackContents
  /** Chunks that are still needed. */
  readonly chunks: ReadonlySet<Digest>
  /** Objects whose recipes are. */
  readonly objects: ReadonlySet<Digest>
  readonly draft: Pick<PackDraft, 'id' | 'path'>
}

/**
 * A pack again, without what nobody needs: bodies are copied as they are. Throws PACK_CORRUPT where a body is not what
 * its checksum says: damage is not copied into a pack that looks sound.
 */
export async function rewritePack({ source, contents, chunks, objects, draft }: RewriteRequest): Promise<{
  readonly places: readonly ChunkPlace[]
  readonly packSize: Bytes
}> {
  const writer = await PackWriter.open(draft)
  try {
    for (const place of contents.places) {
      if (!chunks.has(place.chunk)) continue
      const body = await source.read(place.offset, place.stored)
      if (!checkBody(place, body))
        throw corrupt(place.pack, `the body of ${place.chunk} has changed`, { chunk: place.chunk })
      await writer.copy(place, body)
    }
    const recipes = contents.recipes.filter(({ digest }) => objects.has(digest))
    return { packSize: await writer.finish(recipes), places: writer.places }
  } finally {
    await writer.close()
  }
}
