import { type Digest, digestOf, messageOf, type PackId } from '../../../core/index.ts'
import { findChains } from '../../pack/chain.ts'
import { OpenPacks } from '../../pack/open-packs.ts'
import { rewritePack } from '../../pack/rewrite.ts'
import type { ChunkPlace, PackContents, Recipe } from '../../pack/types.ts'
import { PackWriter } from '../../pack/write.ts'
import { contentsOf } from '../contents.ts'
import type { StoredObject } from '../types.ts'
import { decodeChain } from './packs.ts'
import type { BadPack, CheckPorts, Damage, Tally } from './types.ts'

const PAGE = 500

/**
 * Rights what can be: chunks come from a whole file that has them, or from another pack, into a pack of their own; what
 * is left of a damaged pack is written again, and the pack itself moved to the quarantine. Objects whose bytes are
 * nowhere are recorded as damaged. Gives which.
 */
export async function repair(ports: CheckPorts, tally: Tally, damage: Damage): Promise<readonly Digest[]> {
  const mending = new Mending(ports, tally, damage)
  const lost = await mending.chunks()
  const damaged = await mending.objects(lost)
  for (const pack of damage.packs) await mending.pack(pack, lost)
  return damaged
}

class Mending {
  readonly #ports: CheckPorts
  readonly #tally: Tally
  readonly #damage: Damage
  /** Chunks that have another place now. */
  readonly #moved = new Set<Digest>()

  constructor(ports: CheckPorts, tally: Tally, damage: Damage) {
    this.#ports = ports
    this.#tally = tally
    this.#damage = damage
  }

  /** Chunks that could not be had anywhere. */
  async chunks(): Promise<ReadonlySet<Digest>> {
    const lost = new Map(this.#damage.chunks)
    if (lost.size === 0) return new Set()
    await this.#fromFiles(lost)
    await this.#again(lost)
    if (lost.size > 0) await this.#fromPacks(lost)
    await this.#again(lost)
    return new Set(lost.keys())
  }

  /** What was only bad because its base was. */
  async #again(lost: Map<Digest, ChunkPlace>): Promise<void> {
    const { packs, index, codec } = this.#ports
    const open = new OpenPacks(packs)
    for (const place of lost.values()) {
      const sound = await findChains([place], chunks => index.chunks(chunks))
        .then(chains => decodeChain(codec, open, chains.get(place.chunk)!))
        .then(
          () => true,
          () => false,
        )
      if (sound) lost.delete(place.chunk)
    }
    await open.close()
  }

  /** A whole file of any object that has one of them: warm copies mostly. */
  async #fromFiles(lost: Map<Digest, ChunkPlace>): Promise<void> {
    const { whole } = this.#ports
    for await (const { object, recipe } of this.#objectsWith(lost)) {
      if (!(await whole.has(object.digest))) continue
      const source = await whole.open(object.digest)
      const found = new Map<Digest, Uint8Array>()
      let offset = 0
      for (const { chunk, length } of recipe.pieces) {
        if (lost.has(chunk) && !found.has(chunk) && offset + length <= source.size) {
          const bytes = await source.read(offset, length)
          if (digestOf(bytes) === chunk) found.set(chunk, bytes)
        }
        offset += length
      }
      await source.close()
      await this.#store(found, lost, `from the whole file of ${object.digest}`)
    }
  }

  /** Another copy of the chunk in a pack that the index does not point to, or points to wrongly. */
  async #fromPacks(lost: Map<Digest, ChunkPlace>): Promise<void> {
    const { packs, index, codec } = this.#ports
    const open = new OpenPacks(packs)
    try {
      for await (const { id } of packs.list()) {
        const contents = await contentsOf(packs, id).catch(() => undefined)
        for (const place of contents?.places ?? []) {
          if (!lost.has(place.chunk) || isSame(place, lost.get(place.chunk)!)) continue
          const find = async (chunks: readonly Digest[]) =>
            new Map(await index.chunks(chunks.filter(chunk => chunk !== place.chunk))).set(place.chunk, place)
          const bytes = await findChains([place], find)
            .then(chains => decodeChain(codec, open, chains.get(place.chunk)!))
            .catch(() => undefined)
          if (bytes) await this.#store(new Map([[place.chunk, bytes]]), lost, `from the pack ${id}`)
        }
      }
    } finally {
      await open.close()
    }
  }

  /** In a pack of their own, by themselves, durable before the index names it. */
  async #store(
    found: ReadonlyMap<Digest, Uint8Array>,
    lost: Map<Digest, ChunkPlace>,
    whence: string,
  ): Promise<void> {
    if (found.size === 0) return
    const { packs, index, codec, clock } = this.#ports
    const draft = await packs.draft()
    const writer = await PackWriter.open(draft)
    for (const [chunk, bytes] of found)
      await writer.add(chunk, bytes.byteLength, codec.encode(bytes, 'bytes'))
    const size = await writer.finish([])
    await writer.close()
    await draft.commit()
    await index.learnPack({ id: draft.id, size, createdAt: clock.now() }, [])
    for (const place of writer.places) {
      await index.moveChunk(place)
      lost.delete(place.chunk)
      this.#moved.add(place.chunk)
      const message = `The chunk ${place.chunk} is taken ${whence}`
      this.#tally.found({
        kind: 'chunk-corrupt',
        chunk: place.chunk,
        pack: draft.id,
        message,
        done: 'repaired',
      })
    }
  }

  /** Objects that need what is lost: packed anew from their whole file, else damaged. */
  async objects(lost: ReadonlySet<Digest>): Promise<readonly Digest[]> {
    const needing = new Map<Digest, { readonly object: StoredObject; readonly why: string }>()
    for (const { id, what } of this.#damage.packs) {
      if (what === 'chunks') continue
      for (const object of await this.#ports.index.objectsOfPack(id))
        needing.set(object.digest, {
          object,
          why: `the pack ${id} with its recipe is ${what === 'missing' ? 'gone' : 'damaged'}`,
        })
    }
    // What stands on a lost chunk was found bad itself, and is among them.
    const stillLost = new Map([...lost].map(chunk => [chunk, undefined]))
    if (lost.size > 0) {
      for await (const { object } of this.#objectsWith(stillLost))
        if (!needing.has(object.digest))
          needing.set(object.digest, { object, why: 'a chunk of it is damaged' })
    }
    const damaged: Digest[] = []
    for (const { object, why } of needing.values())
      if (!(await this.#rescue(object, why))) damaged.push(object.digest)
    return damaged
  }

  async #rescue({ digest }: StoredObject, why: string): Promise<boolean> {
    const { whole, index, locks } = this.#ports
    return locks.run(digest, async () => {
      const sound = await whole.verify(digest).then(
        () => true,
        () => false,
      )
      if (sound) {
        await index.requeue(digest)
        this.#tally.found({
          kind: 'object-damaged',
          object: digest,
          message: `${why}; its whole file is sound`,
          done: 'repaired',
        })
      } else {
        await index.damaged(digest, why)
        this.#tally.found({ kind: 'object-damaged', object: digest, message: why, done: 'recorded' })
      }
      return sound
    })
  }

  /** What is sound of it goes on in a new pack. */
  async pack({ id, what, bad }: BadPack, lost: ReadonlySet<Digest>): Promise<void> {
    const { index, packs } = this.#ports
    const sound = bad.every(({ chunk }) => !lost.has(chunk) && !this.#moved.has(chunk))
    if (what === 'chunks' && sound) return
    if (what === 'missing') {
      await index.removePack(id)
      this.#tally.found({
        kind: 'pack-missing',
        pack: id,
        message: `${id} is out of the index`,
        done: 'recorded',
      })
      return
    }
    // Those that were mended are elsewhere now.
    const places = (await index.chunksOfPack(id)).filter(({ chunk }) => !lost.has(chunk))
    const contents = await this.#contents(id, places)
    const objects = new Set((await index.objectsOfPack(id)).map(({ digest }) => digest))
    const source = await packs.open(id)
    const draft = await packs.draft()
    try {
      const chunks = new Set(places.map(({ chunk }) => chunk))
      const rewritten = await rewritePack({ source, contents, chunks, objects, draft })
      await draft.commit()
      const to = { id: draft.id, size: rewritten.packSize, createdAt: this.#ports.clock.now() }
      await index.movePack(id, to, rewritten.places)
      const moved = await packs.quarantine(id)
      const message = `${id} is moved to ${moved}; what is sound of it is in ${draft.id}`
      this.#tally.found({ kind: 'pack-corrupt', pack: id, message, done: 'quarantined' })
    } catch (failure) {
      await draft.abandon()
      this.#tally.found({ kind: 'pack-corrupt', pack: id, message: messageOf(failure) })
    } finally {
      await source.close()
    }
  }

  /** By the index, which the chunks were checked by; recipes where they can be read. */
  async #contents(id: PackId, places: readonly ChunkPlace[]): Promise<PackContents> {
    const { packs } = this.#ports
    const read = await contentsOf(packs, id).catch(() => undefined)
    return { id, size: read?.size ?? 0, places, recipes: read?.recipes ?? [] }
  }

  /** Packed objects whose recipe has one of these chunks. */
  async *#objectsWith(
    chunks: ReadonlyMap<Digest, unknown>,
  ): AsyncGenerator<{ readonly object: StoredObject; readonly recipe: Recipe }> {
    const { index, recipe: recipeOf } = this.#ports
    for (let after: Digest | undefined; ; ) {
      const page = await index.objects({ limit: PAGE, ...(after !== undefined && { after }) })
      for (const object of page) {
        if (object.state !== 'packed') continue
        const recipe = await recipeOf(object).catch(() => undefined)
        if (recipe?.pieces.some(({ chunk }) => chunks.has(chunk))) yield { object, recipe }
      }
      if (page.length < PAGE) return
      after = page.at(-1)!.digest
    }
  }
}

function isSame(a: ChunkPlace, b: ChunkPlace): boolean {
  return a.pack === b.pack && a.offset === b.offset && a.stored === b.stored && a.encoding === b.encoding
}
