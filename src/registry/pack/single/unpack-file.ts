import { type Bytes, newId, openFile } from '../../../core/index.ts'
import { openPieceCodec } from '../../codec/codec.ts'
import { corrupt } from '../errors.ts'
import { openPacked, type PackedSource } from '../open.ts'
import { readPack } from '../read.ts'
import { restore } from '../restore.ts'
import { PieceThreads } from '../threads/pool.ts'
import type { ChunkPlace, Recipe } from '../types.ts'
import { type BaseFile, baseMissing, findBase } from './base.ts'
import { filePacks, finderOf } from './files.ts'

/** One file that was packed by itself, or against another. */
export interface PackedFile {
  readonly recipe: Recipe
  /** By range, without the rest. */
  source(): PackedSource
  /** Writes the whole to a draft. Throws as `restore`. */
  restoreTo(path: string, onProgress?: (written: Bytes) => void): Promise<void>
}

/** Throws PACK_CORRUPT; BASE_MISSING, with the digest, where it needs another file than `basePath`. */
export async function openSingleFile(path: string, basePath?: string): Promise<PackedFile> {
  const id = newId('pack')
  const source = await openFile(path)
  const { places, recipes } = await readPack(source, id).finally(() => source.close())
  const [recipe, old] = recipes
  if (!recipe) throw corrupt(path, 'no file is in it')
  const base = isWhole(recipe, places) ? undefined : await baseOf(path, old, basePath)
  const find = finderOf([...places, ...(base?.places ?? [])])
  const packs = filePacks(
    new Map(
      base
        ? [
            [id, path],
            [base.pack, base.path],
          ]
        : [[id, path]],
    ),
  )
  const codec = openPieceCodec()
  return {
    recipe,
    source: () => openPacked({ recipe, find, packs, codec }),
    async restoreTo(to, onProgress) {
      const threads = new PieceThreads()
      try {
        await restore({ recipe, find, packs, codec, threads, path: to, ...(onProgress && { onProgress }) })
      } finally {
        await threads.close()
      }
    },
  }
}

function isWhole(recipe: Recipe, places: readonly ChunkPlace[]): boolean {
  const own = new Set(places.map(({ chunk }) => chunk))
  return (
    recipe.pieces.every(({ chunk }) => own.has(chunk)) &&
    places.every(({ base }) => base === undefined || own.has(base))
  )
}

async function baseOf(
  path: string,
  old: Recipe | undefined,
  basePath: string | undefined,
): Promise<BaseFile> {
  if (old === undefined)
    throw corrupt(path, 'pieces of its file are neither in it nor in a base that it names')
  if (basePath === undefined) throw baseMissing(old.digest, 'no base was given')
  return findBase(basePath, old)
}
