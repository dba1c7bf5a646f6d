import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type Bytes, newId, openFile, type PackId } from '../../../core/index.ts'
import { openPieceCodec } from '../../codec/codec.ts'
import { RegistryError } from '../../errors.ts'
import { corrupt } from '../errors.ts'
import { openPacked, type PackedSource } from '../open.ts'
import { readPack } from '../read.ts'
import { restore } from '../restore.ts'
import { PieceThreads } from '../threads/pool.ts'
import type { ChunkPlace, Recipe } from '../types.ts'
import { verify } from '../verify.ts'
import { type BaseFile, baseMissing, findBase } from './base.ts'
import { filePacks, finderOf } from './files.ts'

/** One file that was packed by itself, or against another. */
export interface PackedFile {
  readonly recipe: Recipe
  /** Writes the whole to a draft. Throws as `restore`. */
  restoreTo(path: string, onProgress?: (written: Bytes) => void): Promise<void>
  /** Writes bytes [start, end), and reads nothing else. */
  rangeTo(path: string, start: Bytes, end: Bytes): Promise<void>
  /** Reads the whole, each piece compared with its digest. */
  check(onProgress?: (read: Bytes) => void): Promise<void>
}

/** Throws PACK_CORRUPT; BASE_MISSING, with the digest, where it needs another file than `basePath`. */
export async function openSingleFile(path: string, basePath?: string): Promise<PackedFile> {
  const id = newId('pack')
  const source = await openFile(path)
  const { places, recipes } = await readPack(source, id)
    .catch(error => throwNamed(error, new Map()))
    .finally(() => source.close())
  const [recipe, old] = recipes
  if (!recipe) throw corrupt(path, 'no file is in it')
  const base = isWhole(recipe, places) ? undefined : await baseOf(path, old, basePath)
  const find = finderOf([...places, ...(base?.places ?? [])])
  const paths = new Map(
    base
      ? [
          [id, path],
          [base.pack, base.path],
        ]
      : [[id, path]],
  )
  const packs = filePacks(paths)
  const codec = openPieceCodec()
  const reading = async (work: (source: PackedSource) => Promise<void>) => {
    const opened = openPacked({ recipe, find, packs, codec })
    await work(opened)
      .catch(error => throwNamed(error, paths))
      .finally(() => opened.close())
  }
  return {
    recipe,
    async restoreTo(to, onProgress = () => undefined) {
      const threads = new PieceThreads()
      await restore({ recipe, find, packs, codec, threads, path: to, onProgress })
        .catch(error => throwNamed(error, paths))
        .finally(() => threads.close())
    },
    rangeTo: (to, start, end) =>
      reading(opened => pipeline(opened.stream({ start, end }), createWriteStream(to))),
    async check(onProgress = () => undefined) {
      const threads = new PieceThreads()
      await verify({ recipe, find, packs, threads, onProgress })
        .catch(error => throwNamed(error, paths))
        .finally(() => threads.close())
    },
  }
}

/** Ids were made for this call: people know files by their paths. */
function throwNamed(error: unknown, paths: ReadonlyMap<PackId, string>): never {
  if (!(error instanceof RegistryError)) throw error
  const message = [...paths].reduce((text, [id, path]) => text.replaceAll(id, path), error.message)
  const { code, details } = error
  const hint = code === 'PACK_CORRUPT' ? 'Fetch the pack again, or pack the file again.' : error.hint
  throw new RegistryError(code, { message, details, cause: error, ...(hint !== undefined && { hint }) })
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
