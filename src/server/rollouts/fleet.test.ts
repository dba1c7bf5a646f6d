import { afterEach, beforeEach, expect, test } from 'vitest'
import { aPlane, type TestPlane } from '../../../test/server/plane.ts'
import type { HostReport, WantedSet } from '../../api/index.ts'
import { type CommitId, type Digest, digestOf, type Json, newId, type VersionId } from '../../core/index.ts'
import { makeManifest, manifestDigest, type RecordKind } from '../../registry/index.ts'
import { Fleet } from './fleet.ts'

let world: TestPlane
let version: VersionId
beforeEach(async () => {
  world = await aPlane()
  const { stores, clock } = world.plane
  const [project] = await stores.access.projects()
  const manifest = makeManifest({
    model: 'digits',
    commit: 'c'.repeat(40) as CommitId,
    files: [{ name: 'model.onnx', digest: digestOf('x') as Digest, size: 1 }],
    config: { name: 'digits' },
  })
  const added = await stores.versions.register({
    id: newId('version'),
    project: project!.id,
    model: 'digits',
    digest: manifestDigest(manifest),
    manifest,
    createdAt: clock.now(),
  })
  version = added.id
})
afterEach(() => world.close())

const serving = (body: Json): Promise<void> => record('serving', body)

async function record(kind: RecordKind, body: Json): Promise<void> {
  const { stores, clock } = world.plane
  await stores.versions.addRecord({ id: newId('record'), version, kind, body, createdAt: clock.now() })
}

async function wantedOf(judged = false): Promise<WantedSet['replicas'][number]> {
  const fleet = new Fleet(world.plane)
  await fleet.want([{ replica: 'a', environment: 'production', version, judged }])
  return fleet.wanted.replicas[0]!
}

test('how a version asks to be served goes to its hosts: the last word counts, and none is none', async () => {
  expect(await wantedOf()).not.toHaveProperty('serving')
  await serving({ idleMs: 900_000, cacheBytes: 1024 })
  expect(await wantedOf()).toMatchObject({ serving: { idleMs: 900_000, cacheBytes: 1024 } })
  await serving({})
  expect((await wantedOf()).serving).toEqual({})
})

test('what no host could read is left out', async () => {
  await serving({ threads: 'many' })
  expect(await wantedOf()).not.toHaveProperty('serving')
})

test('one that sleeps can be reached, and is no failure', async () => {
  const fleet = new Fleet(world.plane)
  const address = { kind: 'unix', path: '/s' } as const
  const report = (phase: HostReport['replicas'][number]['phase']): void =>
    fleet.report({ host: 'h', replicas: [{ replica: 'a', version, phase, address }] })
  report('parked')
  expect(fleet.ready('a')).toEqual([{ replica: 'a', address }])
  expect(fleet.failure('a')).toBeUndefined()
  report('starting')
  expect(fleet.ready('a')).toEqual([])
})

const INT8 = {
  name: 'int8',
  change: 'int8',
  digest: digestOf('int8'),
  size: 4,
  files: [{ name: 'model.onnx', digest: digestOf('int8'), size: 4 }],
  repaired: ['conv1'],
}

test('a variant that serves goes to hosts beside the original, which they fall back to', async () => {
  await record('variant', INT8)
  expect(await wantedOf()).not.toHaveProperty('variant')
  await serving({ variants: { production: 'int8' } })
  const { files, variant } = await wantedOf()
  expect(files).toMatchObject([{ digest: digestOf('x') }])
  expect(variant).toEqual({ name: 'int8', digest: INT8.digest, files: INT8.files })
  await serving({ variants: { production: 'original' } })
  expect(await wantedOf()).not.toHaveProperty('variant')
})

test('why a host serves the original for a variant is told until it serves the variant', async () => {
  const fleet = new Fleet(world.plane)
  const { name, digest } = INT8
  const address = { kind: 'unix', path: '/s' } as const
  const report = (form: object) =>
    fleet.report({ host: 'h', replicas: [{ replica: 'a', version, phase: 'ready', address, ...form }] })
  report({ fallback: { name, digest, reason: 'other answers' } })
  expect(fleet.fallback('a')).toEqual({ name, digest, reason: 'other answers' })
  expect(fleet.variant('a')).toBeUndefined()
  expect(fleet.ready('a')).toHaveLength(1)
  report({ variant: { name, digest } })
  expect(fleet.fallback('a')).toBeUndefined()
  expect(fleet.variant('a')).toEqual({ name, digest })
})
