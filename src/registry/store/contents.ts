import { type ByteSource, type Digest, digestOfValue, type PackId } from '../../core/index.ts'
import type { FileLayout } from '../layout/types.ts'
import { readPack } from '../pack/read.ts'
import type { PackContents, PackStore, Recipe } from '../pack/types.ts'

export async function contentsOf(packs: PackStore, id: PackId): Promise<PackContents> {
  const source: ByteSource = await packs.open(id)
  try {
    return await readPack(source, id)
  } finally {
    await source.close()
  }
}

/** Chunks that a recipe and the deltas of its pack count on, and that the pack does not hold. */
export function reusedBy({ places }: PackContents, recipe: Recipe): readonly Digest[] {
  const own = new Set(places.map(({ chunk }) => chunk))
  const counted = [...recipe.pieces.map(({ chunk }) => chunk), ...places.flatMap(({ base }) => base ?? [])]
  return [...new Set(counted)].filter(chunk => !own.has(chunk))
}

/** Names, dtypes and shapes of a file's tensors, as one digest; of a file without tensors nothing. */
export function layoutOf(layout: FileLayout): { readonly layout?: string } {
  if (layout.tensors.length === 0) return {}
  const rows = layout.tensors.map(({ name, dtype, shape }) => [name, dtype, [...shape]])
  return { layout: digestOfValue([layout.format ?? null, rows]) }
}
