import { createHash } from 'node:crypto'
import { type Bytes, type Digest, openFile, type PackId } from '../../../core/index.ts'
import { openPieceCodec } from '../../codec/codec.ts'
import type { PieceCodec } from '../../codec/types.ts'
import { RegistryError } from '../../errors.ts'
import { layOut } from '../../layout/lay-out.ts'
import { openPacked } from '../../pack/open.ts'
import { packPieces } from '../../pack/pack-object.ts'
import { readPack } from '../../pack/read.ts'
import type { ChunkPlace, FindChunks, PackBase, PackDraft, PackResult, PackStore } from '../../pack/types.ts'
import { layoutOf } from '../contents.ts'
import { readRecipe } from '../packed-reader.ts'
import type { Ancestor } from './messages.ts'

export interface FileWork {
  readonly digest: Digest
  readonly path: string
  readonly draft: Pick<PackDraft, 'id' | 'path'>
  /** Threads that encode. Default: none. */
  readonly threads?: number
}

export interface FileStore {
  readonly packs: PackStore
  readonly places: FindChunks
  ancestors(layout: string | undefined): Promise<readonly Ancestor[]>
}

/**
 * Packs a file against what is stored already, and reads it back from the pack. Gives the pack's size. Throws
 * BLOB_DIGEST_MISMATCH, PACK_CORRUPT, DISK_FULL and what reading throws; the draft is worth nothing then.
 */
export async function packFile(
  work: FileWork,
  { packs, places, ancestors: find }: FileStore,
): Promise<Bytes> {
  const codec = openPieceCodec()
  const source = await openFile(work.path)
  const closing: { close(): Promise<void> }[] = [source]
  try {
    const layout = await layOut(source, work.path)
    const ancestors = await find(layoutOf(layout).layout)
    const bases = await Promise.all(ancestors.map(ancestor => baseOf(ancestor, packs, places, codec)))
    closing.push(...bases)
    const { digest, draft, threads = 0 } = work
    const request = { source, name: work.path, digest, known: places, bases, codec, draft, threads }
    const result = await packPieces(request, layout)
    await verify(result, { packs, find: places, codec, draft })
    return result.stats.packSize
  } finally {
    await Promise.all(closing.map(open => open.close()))
  }
}

async function baseOf(
  { digest, pack, path }: Ancestor,
  packs: PackStore,
  find: FindChunks,
  codec: PieceCodec,
): Promise<PackBase & { close(): Promise<void> }> {
  const recipe = await readRecipe(packs, digest, pack)
  const whole = path === undefined ? undefined : await openFile(path).catch(() => undefined)
  const source = whole ?? openPacked({ recipe, find, packs, codec })
  return {
    recipe,
    read: (offset, length) => source.read(offset, length),
    close: () => source.close(),
  }
}

/** The whole file is thrown away for this pack one day: what it gives is compared before anybody relies on it. */
async function verify(
  { recipe }: PackResult,
  store: {
    readonly packs: PackStore
    readonly find: FindChunks
    readonly codec: PieceCodec
    readonly draft: FileWork['draft']
  },
): Promise<void> {
  const { packs, find, codec, draft } = store
  const written = await openFile(draft.path)
  try {
    const { places } = await readPack(written, draft.id)
    const own = new Map<Digest, ChunkPlace>(places.map(place => [place.chunk, place]))
    const source = openPacked({
      recipe,
      codec,
      find: chunks => findWith(own, find, chunks),
      packs: { open: id => openWith(draft, packs, id) },
    })
    const hash = createHash('sha256')
    for await (const bytes of source.stream()) hash.update(bytes as Uint8Array)
    await source.close()
    const actual = `sha256:${hash.digest('hex')}`
    if (actual !== recipe.digest) throw unfaithful(recipe.digest, actual)
  } finally {
    await written.close()
  }
}

async function findWith(
  own: ReadonlyMap<Digest, ChunkPlace>,
  find: FindChunks,
  chunks: readonly Digest[],
): Promise<ReadonlyMap<Digest, ChunkPlace>> {
  const elsewhere = chunks.filter(chunk => !own.has(chunk))
  const found = new Map(elsewhere.length > 0 ? await find(elsewhere) : [])
  for (const chunk of chunks) {
    const place = own.get(chunk)
    if (place) found.set(chunk, place)
  }
  return found
}

function openWith(draft: FileWork['draft'], packs: PackStore, id: PackId) {
  return id === draft.id ? openFile(draft.path) : packs.open(id)
}

function unfaithful(expected: Digest, actual: string): RegistryError {
  return new RegistryError('PACK_CORRUPT', {
    message: `What was packed of ${expected} gives ${actual} when it is read back`,
    hint: 'The object stays whole. Report this: the codec or this machine is at fault.',
    details: { expected, actual },
  })
}
