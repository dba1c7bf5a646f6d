import {
  type ByteSource,
  type Bytes,
  type Digest,
  digestOfFile,
  newId,
  openFile,
  type PackId,
} from '../../../core/index.ts'
import { RegistryError } from '../../errors.ts'
import { HEADER_BYTES, isPack } from '../format.ts'
import { readPack } from '../read.ts'
import { recipeOf } from '../recipe-of.ts'
import { Starts } from '../starts.ts'
import type { ChunkPlace, Recipe } from '../types.ts'

/** A file that another one is packed against: a plain one, or a pack that holds all of its own chunks. */
export interface BaseFile {
  readonly path: string
  readonly pack: PackId
  readonly recipe: Recipe
  readonly places: readonly ChunkPlace[]
}

/** To pack against: cuts the file as packing would. */
export async function openBase(path: string, onProgress?: (done: Bytes) => void): Promise<BaseFile> {
  const source = await openFile(path)
  try {
    return (await packedBase(source, path)) ?? plainBase(path, await recipeOf(source, path, onProgress))
  } finally {
    await source.close()
  }
}

/** To unpack with: the file that a pack was made against, whose `recipe` the pack carries. Throws BASE_MISSING. */
export async function findBase(path: string, recipe: Recipe): Promise<BaseFile> {
  const source = await openFile(path)
  try {
    const packed = await packedBase(source, path)
    const digest = packed?.recipe.digest ?? (await digestOfFile(path))
    if (digest !== recipe.digest) throw baseMissing(recipe.digest, `${path} is ${digest}`)
    return packed ?? plainBase(path, recipe)
  } finally {
    await source.close()
  }
}

export function baseMissing(digest: Digest, found: string): RegistryError {
  return new RegistryError('BASE_MISSING', {
    message: `It was packed against the file ${digest}; ${found}`,
    hint: 'Name that file with --base: plain, or packed by itself.',
    details: { digest },
  })
}

async function packedBase(source: ByteSource, path: string): Promise<BaseFile | undefined> {
  if (!isPack(await source.read(0, Math.min(HEADER_BYTES, source.size)))) return undefined
  const pack = newId('pack')
  const { places, recipes } = await readPack(source, pack)
  const [recipe] = recipes
  if (recipe && recipes.length === 1) return { path, pack, recipe, places }
  throw new RegistryError('BASE_MISSING', {
    message: `${path} was packed against another file itself`,
    hint: 'Unpack it first, and name the unpacked file with --base.',
  })
}

/** A plain file as a pack of raw bodies, which lie where its pieces do. */
function plainBase(path: string, recipe: Recipe): BaseFile {
  const pack = newId('pack')
  const starts = new Starts(recipe.pieces)
  const places = recipe.pieces.map(
    ({ chunk, length }, index): ChunkPlace => ({
      chunk,
      pack,
      offset: starts.of(index),
      stored: length,
      length,
      encoding: 'raw',
      depth: 0,
      checksum: 0,
    }),
  )
  return { path, pack, recipe, places }
}
