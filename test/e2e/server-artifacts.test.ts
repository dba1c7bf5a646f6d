import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AttemptView } from '../../src/api/index.ts'
import { FakeRunner } from '../server/agents.ts'
import { modelFiles, type Ran, run, startWorld, until, type World } from '../server/world.ts'

const ENTRY = join(import.meta.dirname, '../../src/cli/main.ts')
const SCRIPT = '<script>alert(1)</script>'
let world: World
let attempt: AttemptView
let token: string
let folder: string

beforeAll(async () => {
  world = await startWorld()
  folder = await mkdtemp(join(tmpdir(), 'ballast-artifacts-'))
  token = await world.secret()
  const yaml =
    'model: model.onnx\njobs: { build: { run: "true" }, odd: { run: "true" }, evil: { run: "true" } }\ndeploy: { staging: { branch: never } }\n'
  await (await world.repository('kept', modelFiles(yaml))).pushAndLeave()
  const runner = new FakeRunner(world)
  const offer = await runner.take('build')
  await runner.put(offer, 'unkept.txt', 'put and not kept')
  const artifacts = [
    await runner.put(offer, 'out/report.html', SCRIPT),
    await runner.put(offer, 'out/a b/模型 "1".txt', 'named in two scripts'),
  ]
  await runner.finish(offer, { outcome: 'succeeded', artifacts })
  const odd = await runner.take('odd')
  const short = { ...(await runner.put(odd, 'empty', '')), size: 7 }
  await runner.finish(odd, { outcome: 'succeeded', artifacts: [short] })
  const evil = await runner.take('evil')
  const out = await runner.put(evil, '../out.txt', 'out')
  await runner.finish(evil, { outcome: 'succeeded', artifacts: [out] })
  attempt = await attemptOf('build')
})
afterAll(async () => {
  await world.stop()
  await rm(folder, { recursive: true, force: true })
})

const attemptOf = async (job: string) =>
  (await world.pipeline('kept', 1)).jobs.find(({ name }) => name === job)!.attempts[0]!

const read = (path: string, of = attempt) =>
  fetch(`${world.url}/api/v1/attempts/${of.id}/artifacts/${path}`, {
    headers: { authorization: `Bearer ${token}` },
  })

test('a kept file is saved by the browser, never shown, whatever it says that it is', async () => {
  const answer = await read('out/report.html')
  expect(answer.status).toBe(200)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': `${SCRIPT.length}`,
    'content-disposition': `attachment; filename="report.html"; filename*=UTF-8''report.html`,
    'x-content-type-options': 'nosniff',
  })
  expect(await answer.text()).toBe(SCRIPT)
})

test('a name of any script stays one header and comes back whole', async () => {
  const answer = await read(encodeURIComponent('out/a b/模型 "1".txt').replaceAll('%2F', '/'))
  expect(await answer.text()).toBe('named in two scripts')
  const disposition = answer.headers.get('content-disposition')!
  expect(disposition).toMatch(/^attachment; filename="__+1_\.txt"; filename\*=UTF-8''\S+$/)
  expect(decodeURIComponent(disposition.split("UTF-8''")[1]!)).toBe('模型 "1".txt')
})

test('the length is that of the stored bytes, whatever the runner said', async () => {
  const answer = await read('empty', await attemptOf('odd'))
  expect(answer.headers.get('content-length')).toBe('0')
  expect(await answer.text()).toBe('')
})

test.each([
  'unkept.txt',
  'out',
  'out/',
  'report.html',
  '',
  'out%2F%2E%2E%2Fout%2Freport.html',
  'out%00/report.html',
])('what this attempt did not keep under that very path is not there: %j', async path => {
  expect((await read(path)).status).toBe(404)
})

describe('ballast artifacts', () => {
  const ballast = (...args: readonly string[]): Promise<Ran> =>
    run(process.execPath, [ENTRY, 'artifacts', ...args], folder, {
      ...process.env,
      NO_COLOR: '1',
      BALLAST_URL: world.url,
      BALLAST_TOKEN: token,
    })

  test('lists what a job kept, and writes nothing', async () => {
    const { code, stdout } = await ballast('kept#1', 'build')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^FILE +SIZE +DIGEST\nout\/report\.html +25 B +sha256:[0-9a-f]{64}\n/)
    expect(await readdir(folder)).toEqual([])
  })

  test('saves it under --out, each file under its path', async () => {
    const { code, stderr } = await ballast('kept#1', 'build', '--out', 'saved')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(await readFile(join(folder, 'saved/out/report.html'), 'utf8')).toBe(SCRIPT)
    expect(await readFile(join(folder, 'saved/out/a b/模型 "1".txt'), 'utf8')).toBe('named in two scripts')
  })

  test.each([
    ['evil', /leads out/],
    ['odd', /Expected empty to be/],
    ['missing', /has no job 'missing'/],
  ])('writes nothing of job %s: %s', async (job, message) => {
    const { code, stderr } = await ballast('kept#1', job, '--out', join('refused', job))
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
    expect(await readdir(join(folder, 'refused'), { recursive: true }).catch(() => [])).not.toContain(
      'out.txt',
    )
    expect(await readdir(join(folder, 'refused', job)).catch(() => [])).toEqual([])
  })
})

describe('artifacts of a CI file', () => {
  const FILE = `
for-all: { script: "true", artifacts: { paths: [a.txt] } }
for-developers: { script: "true", artifacts: { paths: [a.txt], access: developer } }
for-jobs: { script: "true", artifacts: { paths: [a.txt], access: none } }
for-a-while: { script: "true", artifacts: { paths: [a.txt], expire_in: 1 sec } }
`
  const kept = new Map<string, AttemptView>()

  beforeAll(async () => {
    await (await world.repository('files', { '.gitlab-ci.yml': FILE })).pushAndLeave()
    const runner = new FakeRunner(world)
    for (const name of ['for-all', 'for-developers', 'for-jobs', 'for-a-while']) {
      const offer = await runner.take(name)
      await runner.finish(offer, {
        outcome: 'succeeded',
        artifacts: [await runner.put(offer, 'a.txt', name)],
      })
    }
    for (const { name, attempts } of (await world.pipeline('files', 1)).jobs) kept.set(name, attempts[0]!)
  })

  const statusFor = async (job: string, secret: string) =>
    (
      await fetch(`${world.url}/api/v1/attempts/${kept.get(job)!.id}/artifacts/a.txt`, {
        headers: { authorization: `Bearer ${secret}` },
      })
    ).status

  test('go to those for whom the job keeps them', async () => {
    const reader = await world.person('reads', 'reader', 'files', ['read'])
    const developer = await world.person('develops', 'developer', 'files', ['read'])
    const seen = async (secret: string) => [
      await statusFor('for-all', secret),
      await statusFor('for-developers', secret),
      await statusFor('for-jobs', secret),
    ]
    expect(await seen(reader)).toEqual([200, 403, 403])
    expect(await seen(developer)).toEqual([200, 200, 403])
    expect(await seen(token)).toEqual([200, 200, 403])
  })

  test('are gone once their time is over', async () => {
    const gone = async () => (await statusFor('for-a-while', token)) === 410
    expect(await until('410 Gone', gone)).toBe(true)
  })
})
