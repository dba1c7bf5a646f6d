import { afterEach, beforeEach, expect, test } from 'vitest'
import { EngineWorld } from '../../../../test/server/engine.ts'
import type { StageResult } from '../../../api/index.ts'
import { type CommitId, type Digest, digestOf, type Json, newId } from '../../../core/index.ts'
import type { Job } from '../../../pipeline/index.ts'
import { makeManifest, manifestDigest, type Version } from '../../../registry/index.ts'
import { optimizationIn, variantsIn } from '../../registry/versions/variants.ts'
import { storeResult } from './results.ts'
import { addVariants } from './variants.ts'

let world: EngineWorld
let version: Version
beforeEach(async () => {
  world = await EngineWorld.open()
  const { stores, clock } = world.plane.plane
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
afterEach(() => world.plane.close())

const aVariant = (name: string) => ({
  name,
  change: name,
  digest: digestOf(name),
  size: 4,
  files: [{ name: 'model.onnx', digest: digestOf(name), size: 4 }],
  repaired: [],
})

const anOptimization = (chosen: string | null) => ({
  prefer: 'latency',
  machine: { processor: 'x', architecture: 'x64', instructions: [], threads: 1 },
  original: { metrics: {}, intervals: {}, bytes: 8 },
  tried: [],
  chosen,
})

/** A job whose attempt gave these bytes, and whose stage states these records. */
async function ended(given: readonly string[], records: Json, stage = 'optimize'): Promise<Job> {
  const pipeline = await world.begin({}, { name: stage })
  const [offer] = await world.lease()
  await world.finish(offer!, {
    artifacts: given.map(name => ({
      path: `.ballast/variants/${name}/model.onnx`,
      digest: digestOf(name),
      size: 4,
      executable: false,
    })),
  })
  const result = { stage, verdict: 'passed', summary: [], records } as unknown as StageResult
  return { ...(await world.job(pipeline, stage)), result: storeResult({ kind: 'stage', result }) }
}

async function added(...jobs: readonly Job[]) {
  const { plane } = world.plane
  await addVariants(plane, version, jobs)
  const records = await plane.stores.versions.records(version.id)
  return { chosen: optimizationIn(records)?.chosen, names: variantsIn(records).map(({ name }) => name) }
}

test('variants are recorded with what was found, once: a later run changes nothing', async () => {
  const first = { optimization: anOptimization('int8'), variants: [aVariant('int8'), aVariant('int4')] }
  expect(await added(await ended(['int8', 'int4'], first))).toEqual({
    chosen: 'int8',
    names: ['int8', 'int4'],
  })
  const later = { optimization: anOptimization('fp16'), variants: [aVariant('fp16')] }
  expect(await added(await ended(['fp16'], later))).toEqual({ chosen: 'int8', names: ['int8', 'int4'] })
})

test('bytes that its own attempt did not give make no variant', async () => {
  const records = { optimization: anOptimization('int8'), variants: [aVariant('int8'), aVariant('int4')] }
  const other = await ended(['int4'], {}, 'evaluate')
  expect(await added(other, await ended(['int8'], records))).toEqual({ chosen: 'int8', names: ['int8'] })
})

test('what another stage states, or what can not be read, makes none', async () => {
  const records = { optimization: anOptimization('int8'), variants: [aVariant('int8')] }
  const jobs = [await ended(['int8'], records, 'evaluate'), await ended(['int8'], { variants: [5] })]
  expect(await added(...jobs)).toEqual({ chosen: undefined, names: [] })
})
