import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LfsFiles, Offer } from '../../src/api/index.ts'
import { digestOf } from '../../src/core/index.ts'
import { formatPointer } from '../../src/git/index.ts'
import { FakeRunner } from '../server/agents.ts'
import { startWorld, type World } from '../server/world.ts'

const MODEL = Buffer.from('the weights of a model '.repeat(1000))
const DIGEST = digestOf(MODEL)
const CI = `
sees: { script: [ls] }
skips: { script: [ls], variables: { GIT_LFS_SKIP_SMUDGE: "1" } }
wants none: { script: [ls], variables: { GIT_STRATEGY: none } }
`
let world: World
let runner: FakeRunner

beforeAll(async () => {
  world = await startWorld()
  runner = new FakeRunner(world)
})
afterAll(() => world.stop())

/** A project whose commit has a pointer to the model, which it has received where `sent`. */
async function project(name: string, files: Readonly<Record<string, string>>, sent: boolean): Promise<void> {
  await world.admin('POST', '/projects', { name })
  if (sent) {
    const token = await world.secret()
    const path = `/${name}.git/info/lfs/objects/${DIGEST.slice(7)}`
    const { status } = await world.call('PUT', path, { token, bytes: MODEL })
    expect(status).toBe(200)
  }
  await (await world.repository(name, files)).pushAndLeave()
}

const withPointer = (ci: string) => ({
  '.gitlab-ci.yml': ci,
  '.gitattributes': '*.onnx filter=lfs diff=lfs merge=lfs -text\n',
  'model.onnx': formatPointer({ digest: DIGEST, size: MODEL.length }),
})

const read = (offer: Offer, path: string, token = offer.token) =>
  world.call<LfsFiles>('GET', `/api/v1/attempts/${offer.attempt}/${path}`, { token })

test('a job is told of its commit’s files and reads them; who wants none is not', async () => {
  await project('keeps', withPointer(CI), true)
  const offers = new Map<string, Offer>()
  while (offers.size < 3) for (const offer of await runner.lease(3)) offers.set(offer.jobName, offer)
  expect([...offers].map(([name, { lfs }]) => [name, lfs]).toSorted()).toEqual([
    ['sees', true],
    ['skips', undefined],
    ['wants none', undefined],
  ])
  const sees = offers.get('sees')!
  const { body } = await read(sees, 'lfs')
  const file = { path: 'model.onnx', digest: DIGEST, size: MODEL.length, executable: false }
  expect(body).toEqual({ files: [file], missing: [] })
  const blob = await read(sees, `blobs/${DIGEST}`)
  expect([blob.status, String(blob.body)]).toEqual([200, String(MODEL)])
  expect((await read(sees, 'lfs', offers.get('skips')!.token)).status).toBe(401)
})

test('another project’s object is not given to who knows its digest', async () => {
  await project('knows', { '.gitlab-ci.yml': 'tries: { script: [ls] }\n' }, false)
  const offer = await runner.take('tries')
  expect(offer.lfs).toBeUndefined()
  expect((await read(offer, 'lfs')).body).toEqual({ files: [], missing: [] })
  expect((await read(offer, `blobs/${DIGEST}`)).status).toBe(404)
})

test('a push into Git itself is told how Git LFS would keep it', async () => {
  const repository = await world.repository('plain', { 'README.md': 'no pipeline\n' })
  await repository.commit('A large one', { 'weights.bin': Buffer.alloc(10_000_000, 7) })
  const { code, stderr } = await repository.push('HEAD:refs/heads/side')
  expect(code, stderr).toBe(0)
  expect(stderr).toContain('remote:   weights.bin  10 MB')
  expect(stderr).toContain("remote:   git lfs track '*.bin'")
  expect((await repository.push('HEAD:refs/heads/again')).stderr).toContain('weights.bin')
})
