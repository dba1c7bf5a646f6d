import { type Clock, type Digest, instant, type Logger, messageOf } from '../../core/index.ts'
import type { PackContents, PackStore, Recipe } from '../pack/types.ts'
import { contentsOf, layoutOf, reusedBy } from './contents.ts'
import type { Locks } from './locks.ts'
import { MIN_PACKED_BYTES } from './model-store.ts'
import type { ObjectIndex, WholeStore } from './ports.ts'

export interface AdoptPorts {
  readonly index: ObjectIndex
  readonly whole: WholeStore
  readonly packs: PackStore
  readonly locks: Locks
  readonly clock: Clock
  readonly logger: Logger
}

export interface Adopted {
  readonly files: number
  readonly objects: number
  readonly packs: number
}

const PAGE = 500

/**
 * Makes the index know what lies on the disk: whole files of an older release, or of a crash between file and row;
 * packs that were durable when the server died, or that a restored database has not heard of. Bytes are never thrown
 * away here, but `atStart` for copies that can be restored again: nobody has them open then, and they may not be synced.
 */
export async function adopt(ports: AdoptPorts, atStart: boolean): Promise<Adopted> {
  const packs = await adoptPacks(ports)
  const files = await adoptFiles(ports, atStart)
  return { ...packs, files }
}

async function adoptFiles(ports: AdoptPorts, atStart: boolean): Promise<number> {
  const { index, whole, locks } = ports
  let adopted = 0
  for await (const { digest, size, modifiedAt } of whole.list()) {
    const known = await index.object(digest)
    if (known?.whole && known.state !== 'damaged') continue
    // Under the lock of whoever puts or removes it right now; asked again there.
    await locks.run(digest, async () => {
      const object = await index.object(digest)
      if (!(await whole.has(digest))) return
      if (object === undefined || object.state === 'damaged') {
        const state = size < MIN_PACKED_BYTES ? 'kept' : 'landed'
        await index.landed({ digest, size, at: instant(Math.trunc(modifiedAt)), state })
        adopted++
      } else if (!object.whole && atStart) {
        // Restored and not synced, or evicted halfway: its pack has the bytes.
        await whole.remove(digest)
      }
    })
  }
  return adopted
}

/** First all chunks, since one pack counts on another's; then the objects that are complete by them. */
async function adoptPacks(ports: AdoptPorts): Promise<{ readonly packs: number; readonly objects: number }> {
  const { index, packs, clock } = ports
  const known = await knownPacks(index)
  const fresh: { readonly contents: PackContents; readonly recipe: Recipe }[] = []
  let count = 0
  for await (const { id, size } of packs.list()) {
    if (known.has(id)) continue
    const contents = await contentsOf(packs, id).catch((failure: unknown) => {
      ports.logger.warn({ pack: id, error: messageOf(failure) }, 'a pack on the disk can not be read')
    })
    if (!contents) continue
    await index.learnPack({ id, size, createdAt: clock.now() }, contents.places)
    count++
    for (const recipe of contents.recipes) fresh.push({ contents, recipe })
  }
  let objects = 0
  for (const { contents, recipe } of fresh) if (await adoptObject(ports, contents, recipe)) objects++
  return { packs: count, objects }
}

async function knownPacks(index: ObjectIndex): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  for (let after: PackContents['id'] | undefined; ; ) {
    const page = await index.packs({ limit: PAGE, ...(after !== undefined && { after }) })
    for (const { id } of page) known.add(id)
    if (page.length < PAGE) return known
    after = page.at(-1)!.id
  }
}

async function adoptObject(
  { index, whole, clock }: AdoptPorts,
  contents: PackContents,
  recipe: Recipe,
): Promise<boolean> {
  const { digest, size } = recipe
  if ((await index.object(digest))?.state === 'packed') return false
  const counted: readonly Digest[] = reusedBy(contents, recipe)
  const found = await index.chunks(counted)
  if (found.size < counted.length) return false
  await index.learnPacked({
    digest,
    size,
    pack: contents.id,
    whole: await whole.has(digest),
    at: clock.now(),
    ...layoutOf(recipe),
  })
  return true
}
