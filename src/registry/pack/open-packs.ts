import type { ByteSource, PackId } from '../../core/index.ts'
import type { PackStore } from './types.ts'

/** More open packs than this are closed, least recently used first: a version's deltas may lie in as many. */
const MAX_OPEN = 16

/** Packs that stay open for a while. One that is open stays readable when a collection removes it. */
export class OpenPacks {
  readonly #packs: Pick<PackStore, 'open'>
  readonly #open = new Map<PackId, Promise<ByteSource>>()

  constructor(packs: Pick<PackStore, 'open'>) {
    this.#packs = packs
  }

  async read(id: PackId, offset: number, length: number): Promise<Uint8Array> {
    return (await this.#source(id)).read(offset, length)
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(all.map(closed))
  }

  #source(id: PackId): Promise<ByteSource> {
    const known = this.#open.get(id)
    const source = known ?? this.#packs.open(id)
    this.#open.delete(id)
    this.#open.set(id, source)
    if (known === undefined) {
      source.catch(() => this.#open.delete(id))
      for (const [oldest, old] of this.#open) {
        if (this.#open.size <= MAX_OPEN) break
        this.#open.delete(oldest)
        void closed(old)
      }
    }
    return source
  }
}

/** One that did not open needs no closing. */
async function closed(source: Promise<ByteSource>): Promise<void> {
  await source.then(
    opened => opened.close(),
    () => undefined,
  )
}
