import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JobView, VersionView } from '../../src/api/index.ts'
import type { OnnxModel } from '../../src/formats/onnx/write/types.ts'
import { writeOnnx } from '../../src/formats/onnx/write/write.ts'
import { writeMlp } from '../fixtures/onnx-builder.ts'
import { type Files, type Repository, startWorld, until, type World } from '../server/world.ts'

const ROOT = join(import.meta.dirname, '../..')
const FIXTURES = join(ROOT, 'test/fixtures')

let world: World
let runner: ChildProcess

/** A real server, and a real runner whose stages are the very ones that users have. */
beforeAll(async () => {
  world = await startWorld()
  const args = [
    'src/cli/main.ts',
    'runner',
    ...['--server', world.url],
    ...['--data', join(world.folder, 'runner')],
    ...['--token-file', join(world.folder, 'data/secrets/runner.token')],
    ...['--sandbox', 'none'],
  ]
  runner = spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore' })
})
afterAll(async () => {
  if (runner.exitCode === null) {
    runner.kill('SIGTERM')
    await once(runner, 'close')
  }
  await world.stop()
})

/** The model is called as its project; what is not ONNX is versioned as it is. ONNX is not deployed: there is no host here. */
async function aRepository(project: string, model: string, files: Files): Promise<Repository> {
  const [branch, convert] = model.endsWith('.onnx') ? ['never', ''] : ['main', 'convert: false\n']
  const yaml = `model: { name: ${project}, file: ${model} }\n${convert}deploy: { production: { branch: ${branch} } }\n`
  return world.repository(project, { 'ballast.yaml': yaml, ...files })
}

const push = async (project: string, model: string, files: Files) =>
  (await aRepository(project, model, files)).push()

const jobOf = async (project: string, name: string): Promise<JobView> =>
  (await world.pipeline(project, 1)).jobs.find(job => job.name === name)!
const states = async (project: string) =>
  Object.fromEntries((await world.pipeline(project, 1)).jobs.map(({ name, state }) => [name, state]))

interface RecordView {
  readonly kind: string
  readonly job: string
  readonly body: Readonly<Record<string, unknown>>
}
type WholeVersion = VersionView & {
  readonly manifest: { readonly files: readonly { readonly name: string }[] }
  readonly records: readonly RecordView[]
}
async function firstOf(model: string): Promise<WholeVersion> {
  const [version] = await world.admin<VersionView[]>('GET', `/models/${model}/versions`)
  return world.admin('GET', `/versions/${version!.id}`)
}
const bodyOf = ({ records }: WholeVersion, kind: string) => records.find(record => record.kind === kind)?.body

test('a scikit-learn pickle in gzip is scanned, told, and registered; its deployment is skipped', async () => {
  const model = gzipSync(await readFile(join(FIXTURES, 'pickle/sklearn/logistic.pkl')))
  const { code, stderr } = await push('spam', 'model.pkl.gz', { 'model.pkl.gz': model })
  expect(code).toBe(0)
  expect(stderr).toContain('safe: 1 file, nothing found')
  expect(stderr).toMatch(/pickle \(protocol 2\), in gzip: scikit-learn LogisticRegression/)
  expect(stderr).toContain('registered as v1')
  expect(stderr).toMatch(
    /skipped: deploy:production \(`convert: false` leaves the model as it is: it is versioned, and not served/,
  )
  expect(await states('spam')).toEqual({
    scan: 'succeeded',
    inspect: 'succeeded',
    register: 'succeeded',
    'deploy:production': 'skipped',
  })
  const version = await firstOf('spam')
  expect(version).toMatchObject({
    format: 'pickle',
    scan: { verdict: 'safe', acceptance: null },
    size: model.length,
    notServed: expect.stringContaining('it has no ONNX form beside model.pkl.gz'),
  })
  expect(version.manifest.files.map(({ name }) => name)).toEqual(['model.pkl.gz'])
  expect(bodyOf(version, 'scan')).toMatchObject({
    verdict: 'safe',
    rules: expect.any(String),
    files: [{ path: 'model.pkl.gz', digest: expect.stringMatching(/^sha256:/) }],
  })
  expect(bodyOf(version, 'inspection')).toMatchObject({ framework: 'scikit-learn', wrapper: ['gzip'] })
  expect(bodyOf(version, 'approval')).toBeUndefined()
})

/** Protocol 0: GLOBAL, a string, a tuple of it, REDUCE. */
const runs = (command: string) => `cos\nsystem\n(S'${command}'\ntR.`

describe('what would run code', () => {
  test('a pickle that calls a shell: nothing is registered, and the push says why', async () => {
    const proof = join(world.folder, 'proof')
    const { stderr } = await push('evil', 'model.pkl', { 'model.pkl': runs(`touch ${proof}`) })
    expect(stderr).toMatch(/✗ scan/)
    expect(stderr).toMatch(/unsafe: model\.pkl, byte \d+: os\.system is called with \('touch/)
    expect(stderr).toMatch(/pipeline failed/)
    expect(existsSync(proof)).toBe(false)
    expect(await states('evil')).toMatchObject({ scan: 'failed', inspect: 'skipped', register: 'skipped' })
    expect((await world.pipeline('evil', 1)).state).toBe('failed')
    expect((await world.call('GET', '/api/v1/models/evil', { token: await world.secret() })).status).toBe(404)
  })

  test('the same under the name of an ONNX model', async () => {
    const { stderr } = await push('disguised', 'model.onnx', { 'model.onnx': runs('true') })
    expect(stderr).toMatch(/unsafe: model\.onnx, byte \d+: os\.system/)
    expect(await states('disguised')).toMatchObject({ scan: 'failed', register: 'skipped' })
  })

  test('beside an ONNX model it is none of its files: only those are scanned and registered', async () => {
    const files = { 'model.onnx': writeMlp(8, 4, 2), 'notes.pkl': runs('true') }
    await push('beside', 'model.onnx', files)
    expect(await states('beside')).toMatchObject({ scan: 'succeeded', register: 'succeeded' })
    const version = await firstOf('beside')
    expect(version.manifest.files.map(({ name }) => name)).toEqual(['model.onnx'])
  })
})

test('a harmless pickle under the name of an ONNX model is refused, with what it is', async () => {
  const model = await readFile(join(FIXTURES, 'pickle/sklearn/logistic.pkl'))
  const { stderr } = await push('misnamed', 'model.onnx', { 'model.onnx': model })
  expect(stderr).toMatch(/pickle/)
  expect(stderr).toMatch(/pipeline failed/)
  expect((await world.pipeline('misnamed', 1)).state).toBe('failed')
  expect(await states('misnamed')).toMatchObject({ register: 'skipped' })
})

test('the folder of a SavedModel is registered with all its files', async () => {
  const folder = join(FIXTURES, 'tensorflow/keras2')
  const inside = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
  const files = Object.fromEntries(
    await Promise.all(
      inside.map(async path => [`export/net/${path}`, await readFile(join(folder, path))] as const),
    ),
  )
  const { stderr } = await push('saved', 'export/net', files)
  expect(stderr).toMatch(/tensorflow-savedmodel/)
  expect(stderr).toContain('registered as v1')
  const version = await firstOf('saved')
  expect(version).toMatchObject({ format: 'tensorflow-savedmodel', scan: { verdict: 'safe' } })
  expect(version.manifest.files.map(({ name }) => name)).toEqual(
    inside.map(path => `export/net/${path}`).sort(),
  )
})

test('weights of an ONNX model in a file of their own belong to its version, which can be served', async () => {
  await push('external', 'net/model.onnx', await aModelBeside('net', 'a-weights.data'))
  expect(await states('external')).toEqual({ scan: 'succeeded', inspect: 'succeeded', register: 'succeeded' })
  const version = await firstOf('external')
  // By name: the model itself is not the first of them.
  expect(version.manifest.files.map(({ name }) => name)).toEqual(['net/a-weights.data', 'net/model.onnx'])
  expect(version).toMatchObject({ format: 'onnx', notServed: null })
})

/** y = x · w, with w in another file. */
async function aModelBeside(folder: string, weights: string): Promise<Files> {
  const collecting = () => {
    const pieces: Uint8Array[] = []
    return { pieces, write: async (bytes: Uint8Array) => void pieces.push(bytes.slice()) }
  }
  const [model, data] = [collecting(), collecting()]
  const graph: OnnxModel['graph'] = {
    name: 'main',
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    inputs: [{ name: 'x', dtype: 'float32', shape: [null, 64] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [null, 64] }],
    initializers: [{ name: 'w', dtype: 'float32', shape: [64, 64], data: new Uint8Array(4 * 64 * 64) }],
  }
  const external = { location: weights, sink: data, when: 'always' } as const
  await writeOnnx({ opsets: [{ domain: '', version: 17 }], graph }, model, { external })
  return {
    [`${folder}/model.onnx`]: Buffer.concat(model.pieces),
    [`${folder}/${weights}`]: Buffer.concat(data.pieces),
  }
}

describe('a pickle with a class of one’s own', () => {
  const OWN = Buffer.from(
    '\x80\x02cmypackage.models\nNet\nq\x00)\x81q\x01}q\x02X\x05\x00\x00\x00widthq\x03K\x08sb.',
    'latin1',
  )

  test('waits, for a maintainer’s word alone, which goes on record', async () => {
    await (await aRepository('own', 'model.pkl', { 'model.pkl': OWN })).pushAndLeave()
    const scan = await until(
      'the scan to wait',
      async () => {
        const job = await jobOf('own', 'scan')
        return job.state === 'waiting' && job
      },
      120_000,
    )
    expect(scan).toMatchObject({ awaitsApproval: true, verdict: 'inconclusive' })
    expect(scan.summary.join('\n')).toMatch(/mypackage\.models\.Net/)
    expect(scan.summary.at(-1)).toMatch(/a maintainer may accept it/)
    const scopes = ['read', 'push', 'deploy']
    const developer = await world.person('dev', 'developer', 'own', scopes)
    const maintainer = await world.person('mia', 'maintainer', 'own', scopes)
    const approve = (token: string) => world.call('POST', `/api/v1/jobs/${scan.id}/approve`, { token })
    expect(await approve(developer)).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN' } } })
    expect((await jobOf('own', 'scan')).state).toBe('waiting')
    expect((await approve(maintainer)).status).toBe(200)
    expect((await approve(maintainer)).status).toBe(409)
    await until(
      'the pipeline to end',
      async () => (await world.pipeline('own', 1)).state === 'succeeded',
      120_000,
    )
    const version = await firstOf('own')
    expect(version.scan).toEqual({ verdict: 'unknown', acceptance: 'approved by mia' })
    expect(bodyOf(version, 'approval')).toMatchObject({
      stage: 'scan',
      reason: 'approved by mia',
      summary: expect.arrayContaining([expect.stringContaining('mypackage.models.Net')]),
    })
    expect(bodyOf(version, 'scan')).toMatchObject({ verdict: 'unknown', counts: { unknown: 1 } })
  })
})
