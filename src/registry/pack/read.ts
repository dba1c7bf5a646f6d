import type { ByteSource, PackId } from '../../core/index.ts'
import { readTail } from './format.ts'
import { readRecipes } from './recipe.ts'
import { readRecords } from './records.ts'
import type { PackContents } from './types.ts'

/**
 * What a pack says of itself: its chunks and recipes, from its end alone. All that an index of a store holds can be
 * made of this again. Throws PACK_CORRUPT.
 */
export async function readPack(source: ByteSource, id: PackId): Promise<PackContents> {
  const { footer, chunks, recipes } = await readTail(source)
  const places = readRecords(chunks, footer.chunks, { id, name: source.name, end: footer.tail })
  return {
    id,
    size: source.size,
    places,
    recipes: readRecipes(recipes, footer.recipes, places, source.name),
  }
}
