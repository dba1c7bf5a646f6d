import { link, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { WantedReplica } from '../../src/api/index.ts'
import { writeMlp } from '../fixtures/onnx-builder.ts'
import { json, ServingWorld } from '../fixtures/serving-world.ts'

const world = new ServingWorld()
const BODY = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] }] })

let folder: string
/** Resolves when a host has laid the file out, and asks whether it was right. */
let asked: PromiseWithResolvers<void>
/** The verified file, once there is one; undefined where what was told early was wrong. */
let compared: PromiseWithResolvers<string | undefined>

beforeAll(() => world.start())
afterAll(() => world.stop())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'early-'))
  asked = Promise.withResolvers()
  compared = Promise.withResolvers()
})
afterEach(async () => {
  world.plane.want([])
  await world.until(() => world.plane.hostReport!.replicas.every(({ phase }) => phase === 'ended'))
  await rm(folder, { recursive: true, force: true })
})

/** A model of its own, of which the control plane tells `early` before it has compared it. */
async function aReplica(
  name: string,
  hidden: number,
  change: (bytes: Buffer) => void,
): Promise<WantedReplica> {
  const bytes = Buffer.from(writeMlp(4, hidden, 3))
  const blob = world.plane.addBlob('model.onnx', Buffer.from(bytes))
  change(bytes)
  const draft = join(folder, 'draft')
  await writeFile(draft, bytes, { mode: 0o444 })
  world.plane.placeOf = async (digest, early) => {
    if (digest !== blob.digest) return undefined
    if (!early) asked.resolve()
    const path = early ? draft : await compared.promise
    if (path === undefined) return undefined
    const { dev, ino, size } = await stat(path, { bigint: true })
    return { path, size: Number(size), device: String(dev), inode: String(ino), verified: !early }
  }
  return {
    replica: `rep_${name}`,
    version: `ver_${name}`,
    versionNumber: 1,
    model: name,
    config: { name, task: 'classification', labels: [], preprocess: [] },
    files: [blob],
  }
}

async function answers(name: string): Promise<void> {
  await world.until(() => world.replica(`rep_${name}`)?.phase === 'ready')
  await world.route([
    {
      model: name,
      environment: 'production',
      project: 'prj_1',
      predictions: 'public',
      control: true,
      arms: [{ ...world.arm('stable', 1, 1, [`rep_${name}`]), version: `ver_${name}` }],
      standby: [],
    },
  ])
  const answer = await world.call(`/v2/models/${name}/infer`, BODY)
  expect(answer).toMatchObject({ status: 200 })
  expect(json(answer).outputs[0].shape).toEqual([1, 3])
}

test('a restored model serves when its bytes were compared, and not before', async () => {
  const replica = await aReplica('right', 8, () => {})
  const before = world.plane.blobRequests
  world.plane.want([replica])
  await asked.promise
  await world.until(() => world.replica('rep_right')?.phase === 'starting')
  const kept = join(folder, 'kept')
  await link(join(folder, 'draft'), kept)
  expect(world.replica('rep_right')?.phase).toBe('starting')
  compared.resolve(kept)
  await answers('right')
  expect(world.plane.blobRequests).toBe(before)
})

test.each<readonly [string, (bytes: Buffer) => void]>([
  ['does not load', bytes => bytes.fill(0xff, 0, 16)],
  ['loads all the same', bytes => bytes.set([0x3f], bytes.lastIndexOf(0x3d))],
])('one whose bytes were wrong is fetched again, where it %s', async (how, change) => {
  const name = how.replaceAll(' ', '-')
  const replica = await aReplica(name, how.length, change)
  const before = world.plane.blobRequests
  world.plane.want([replica])
  await asked.promise
  compared.resolve(undefined)
  await answers(name)
  expect(world.plane.blobRequests).toBe(before + 1)
})
