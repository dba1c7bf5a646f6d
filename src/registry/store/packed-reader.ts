import type { ByteSource, Digest, PackId } from '../../core/index.ts'
import type { PieceCodec } from '../codec/types.ts'
import { RegistryError } from '../errors.ts'
import { openPacked, type PackedSource } from '../pack/open.ts'
import { readPack } from '../pack/read.ts'
import { restore } from '../pack/restore.ts'
import { PieceThreads } from '../pack/threads/pool.ts'
import type { FindChunks, PackStore, Recipe } from '../pack/types.ts'
import type { PackedReader } from './reading.ts'
import type { StoredObject } from './types.ts'

/** Recipes that are kept. One of a file of a gigabyte has a thousand pieces, some hundred kilobytes in memory. */
const MAX_RECIPES = 32

/** Reads packed objects from packs, by what the index says of chunks. */
export class PackedObjects implements PackedReader {
  readonly #packs: PackStore
  readonly #find: FindChunks
  readonly #codec: PieceCodec
  readonly #threads: PieceThreads
  /** Of packs and objects: a pack never changes. */
  readonly #recipes = new Map<string, Promise<Recipe>>()

  constructor(ports: {
    readonly packs: PackStore
    readonly find: FindChunks
    readonly codec: PieceCodec
    readonly threads?: PieceThreads
  }) {
    this.#packs = ports.packs
    this.#find = ports.find
    this.#codec = ports.codec
    this.#threads = ports.threads ?? new PieceThreads()
  }

  async open(object: StoredObject): Promise<PackedSource> {
    const recipe = await this.recipe(object)
    const [find, packs, codec, threads] = [this.#find, this.#packs, this.#codec, this.#threads]
    return openPacked({ recipe, find, packs, codec, ahead: { threads, packs } })
  }

  async restore(object: StoredObject, path: string, onWritten?: () => Promise<void>): Promise<void> {
    const recipe = await this.recipe(object)
    const [find, packs, codec, threads] = [this.#find, this.#packs, this.#codec, this.#threads]
    await restore({ recipe, find, packs, codec, threads, path, onWritten })
  }

  /** How the object is put together. Throws PACK_CORRUPT, PACK_NOT_FOUND. */
  recipe({ digest, pack }: Pick<StoredObject, 'digest' | 'pack'>): Promise<Recipe> {
    if (pack === undefined) throw withoutRecipe(digest, 'no pack')
    const key = `${pack} ${digest}`
    const known = this.#recipes.get(key)
    const recipe = known ?? readRecipe(this.#packs, digest, pack)
    if (known === undefined) recipe.catch(() => this.#recipes.delete(key))
    this.#recipes.delete(key)
    this.#recipes.set(key, recipe)
    if (this.#recipes.size > MAX_RECIPES) this.#recipes.delete(this.#recipes.keys().next().value!)
    return recipe
  }

  async close(): Promise<void> {
    await this.#threads.close()
  }
}

export async function readRecipe(
  packs: Pick<PackStore, 'open'>,
  digest: Digest,
  pack: PackId,
): Promise<Recipe> {
  const source: ByteSource = await packs.open(pack)
  try {
    const { recipes } = await readPack(source, pack)
    return recipes.find(recipe => recipe.digest === digest) ?? withoutRecipe(digest, pack)
  } finally {
    await source.close()
  }
}

function withoutRecipe(digest: Digest, where: string): never {
  throw new RegistryError('PACK_CORRUPT', {
    message: `The recipe of ${digest} is not in ${where}, where the index says it is`,
    hint: 'Run `ballast registry fsck --repair`: it makes the index again from the packs.',
    details: { digest, pack: where },
  })
}
