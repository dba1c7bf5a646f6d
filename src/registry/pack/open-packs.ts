import type { ByteSource, PackId } from '../../core/index.ts'
import type { PackStore } from './types.ts'

/** More open packs than this are closed, least recently used first: a version's deltas may lie in as many. */
const MAX_OPEN = 16

interface Entry {
  readonly source: Promise<ByteSource>
  /** Reads under way: what is read is not closed. */
  readers: number
}

/** Packs that stay open for a while. One that is open stays readable when a collection removes it. */
export class OpenPacks {
  readonly #packs: Pick<PackStore, 'open'>
  readonly #open = new Map<PackId, Entry>()

  constructor(packs: Pick<PackStore, 'open'>) {
    this.#packs = packs
  }

  async read(id: PackId, offset: number, length: number): Promise<Uint8Array> {
    const entry = this.#entry(id)
    entry.readers++
    try {
      return await (await entry.source).read(offset, length)
    } finally {
      entry.readers--
    }
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(all.map(closed))
  }

  #entry(id: PackId): Entry {
    const known = this.#open.get(id)
    const entry = known ?? { source: this.#packs.open(id), readers: 0 }
    this.#open.delete(id)
    this.#open.set(id, entry)
    // One that did not open is tried again.
    if (known === undefined) entry.source.catch(() => this.#open.delete(id))
    for (const [oldest, old] of this.#open) {
      if (this.#open.size <= MAX_OPEN) break
      if (old.readers > 0 || old === entry) continue
      this.#open.delete(oldest)
      void closed(old)
    }
    return entry
  }
}

/** One that did not open needs no closing. */
async function closed({ source }: Entry): Promise<void> {
  await source.then(
    opened => opened.close(),
    () => undefined,
  )
}
