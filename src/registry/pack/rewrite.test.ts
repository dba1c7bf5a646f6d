import { afterEach, beforeEach, expect, test } from 'vitest'
import { PackWorld, randomOf } from '../../../test/fixtures/pack-world.ts'
import { digestOf } from '../../core/index.ts'
import { readPack } from './read.ts'
import { rewritePack } from './rewrite.ts'

let world: PackWorld
beforeEach(async () => {
  world = await PackWorld.open()
})
afterEach(() => world.close())

function noise(length: number, seed: number): Uint8Array {
  const random = randomOf(seed)
  return Uint8Array.from({ length }, () => 256 * random())
}

/** A pack of which the second half of the chunks is needed by another file alone. */
async function halfNeeded() {
  const [first, second] = [noise(400_000, 1), noise(400_000, 2)]
  const old = await world.pack(Buffer.concat([first, second]))
  const other = await world.pack(Buffer.concat([noise(50_000, 3), second]))
  const needed = new Set(other.reused)
  expect(needed.size).toBeGreaterThan(2)
  expect(needed.size).toBeLessThan(old.places.length)
  const source = await world.packs.open(old.id)
  return { old, other, needed, source, contents: await readPack(source, old.id) }
}

test('what is still needed is copied, and read from there; the rest is gone', async () => {
  const { old, other, needed, source, contents } = await halfNeeded()
  const draft = await world.packs.draft()
  const { places, packSize } = await rewritePack({
    source,
    contents,
    chunks: needed,
    objects: new Set(),
    draft,
  })
  await source.close()
  await draft.commit()
  expect(packSize).toBeLessThan(0.7 * old.stats.packSize)
  expect(new Set(places.map(({ chunk }) => chunk))).toEqual(needed)
  await world.packs.remove(old.id)
  for (const place of places) world.places.set(place.chunk, place)
  expect(digestOf(await world.bytesOf(other.recipe))).toBe(other.recipe.digest)
  const again = await world.packs.open(draft.id)
  expect(await readPack(again, draft.id)).toEqual({ id: draft.id, size: packSize, places, recipes: [] })
  await again.close()
})

test('a recipe that is still needed goes along, with the chunks that lie elsewhere now', async () => {
  const { old, source, contents } = await halfNeeded()
  const some = new Set(old.places.slice(0, 2).map(({ chunk }) => chunk))
  const draft = await world.packs.draft()
  const objects = new Set([old.recipe.digest])
  const { places } = await rewritePack({ source, contents, chunks: some, objects, draft })
  await source.close()
  await draft.commit()
  const again = await world.packs.open(draft.id)
  expect((await readPack(again, draft.id)).recipes).toEqual([old.recipe])
  await again.close()
  for (const place of places) world.places.set(place.chunk, place)
  expect(digestOf(await world.bytesOf(old.recipe))).toBe(old.recipe.digest)
})

test('a body that has changed is not copied as if it were sound', async () => {
  const { old, needed, source, contents } = await halfNeeded()
  await source.close()
  const bytes = await world.packBytes(old.id)
  const place = old.places.find(({ chunk }) => needed.has(chunk))!
  bytes[place.offset + 3]! ^= 1
  await world.replacePack(old.id, bytes)
  const damaged = await world.packs.open(old.id)
  const draft = await world.packs.draft()
  const rewriting = rewritePack({ source: damaged, contents, chunks: needed, objects: new Set(), draft })
  await expect(rewriting).rejects.toMatchObject({
    code: 'PACK_CORRUPT',
    details: { pack: old.id, chunk: place.chunk },
  })
  await damaged.close()
  await draft.abandon()
})
