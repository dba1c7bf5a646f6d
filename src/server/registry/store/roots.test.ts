import { afterEach, beforeEach, expect, test } from 'vitest'
import { aPlane, type TestPlane } from '../../../../test/server/plane.ts'
import { type CommitId, type Digest, digestOf, type Json, newId } from '../../../core/index.ts'
import { makeManifest, manifestDigest, type Root, type Version } from '../../../registry/index.ts'
import { rootsOf } from './roots.ts'

let world: TestPlane
let version: Version
beforeEach(async () => {
  world = await aPlane()
  const { stores, clock } = world.plane
  const [project] = await stores.access.projects()
  const manifest = makeManifest({
    model: 'digits',
    commit: 'c'.repeat(40) as CommitId,
    files: [{ name: 'model.onnx', digest: digestOf('model') as Digest, size: 5 }],
    config: {},
  })
  version = await stores.versions.register({
    id: newId('version'),
    project: project!.id,
    model: 'digits',
    digest: manifestDigest(manifest),
    manifest,
    createdAt: clock.now(),
  })
})
afterEach(() => world.close())

const aVariant = (name: string): Json => ({
  name,
  change: name,
  digest: digestOf(name),
  size: 4,
  files: [{ name: 'model.onnx', digest: digestOf(name), size: 4 }],
  repaired: [],
})

async function roots(): Promise<readonly Root[]> {
  const found: Root[] = []
  for await (const root of rootsOf(world.plane)) found.push(root)
  return found
}

const whyOf = (all: readonly Root[], text: string) => all.find(({ digest }) => digest === digestOf(text))?.why

test('variants are kept with their version, as its files are, and go when it expires', async () => {
  const { stores, clock } = world.plane
  await stores.versions.addRecord({
    id: newId('record'),
    version: version.id,
    kind: 'variant',
    body: aVariant('int8'),
    createdAt: clock.now(),
  })
  const before = await roots()
  expect(whyOf(before, 'model')).toBe('version 1 of digits, model.onnx')
  expect(whyOf(before, 'int8')).toBe('version 1 of digits, variant int8')
  expect(before.every(({ project }) => project === version.project)).toBe(true)

  await stores.versions.expire([version.id], { at: clock.now(), reason: 'older than 90 days' })
  expect(await roots()).toEqual([])
})

test("variants of an import are kept too: their record is the version's", async () => {
  const { stores, clock } = world.plane
  await stores.versions.addRecord({
    id: newId('record'),
    version: version.id,
    kind: 'variant',
    body: aVariant('int4'),
    createdAt: clock.now(),
    origin: { server: 'http://elsewhere', id: 'rec_1' },
  })
  expect(whyOf(await roots(), 'int4')).toBe("version 1 of digits, its record 'variant'")
})
