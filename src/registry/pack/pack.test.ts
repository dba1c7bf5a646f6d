import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, newId, sourceOf } from '../../core/index.ts'
import { openPieceCodec } from '../codec/codec.ts'
import { packObject } from './pack-object.ts'
import { openPacked } from './open.ts'
import { readPack } from './read.ts'

test('smoke', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pack-'))
  const bytes = new Uint8Array(3_000_000).map((_, i) => (i * i) >> 7)
  const id = newId('pack')
  const path = join(folder, 'p')
  const r = await packObject({ source: sourceOf(bytes), name: 'x.bin', known: async () => new Map(), bases: [], codec: openPieceCodec(), draft: { id, path }, digest: digestOf(bytes) })
  const pack = sourceOf(new Uint8Array(await readFile(path)), id)
  const contents = await readPack(pack, id)
  expect(contents.places).toEqual(r.places)
  expect(contents.recipes).toEqual([r.recipe])
  const src = openPacked({ recipe: r.recipe, codec: openPieceCodec(), packs: { open: async () => pack }, find: async ds => new Map(r.places.map(p => [p.chunk, p])) })
  expect(Buffer.compare(await src.read(0, src.size), bytes)).toBe(0)
  console.log(r.stats)
})
