import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AttemptView } from '../../src/api/index.ts'
import { FakeRunner } from '../server/agents.ts'
import { modelFiles, startWorld, type World } from '../server/world.ts'

const SCRIPT = '<script>alert(1)</script>'
let world: World
let attempt: AttemptView
let token: string

beforeAll(async () => {
  world = await startWorld()
  token = await world.secret()
  const yaml = 'model: model.onnx\njobs: { build: { run: "true" } }\ndeploy: { staging: { branch: never } }\n'
  await (await world.repository('kept', modelFiles(yaml))).pushAndLeave()
  const runner = new FakeRunner(world)
  const offer = await runner.take('build')
  await runner.put(offer, 'unkept.txt', 'put and not kept')
  const artifacts = [
    await runner.put(offer, 'out/report.html', SCRIPT),
    await runner.put(offer, 'out/a b/模型 "1".txt', 'named in two scripts'),
    // A size that is not so.
    { ...(await runner.put(offer, 'empty', '')), size: 7 },
  ]
  await runner.finish(offer, { outcome: 'succeeded', artifacts })
  attempt = (await world.pipeline('kept', 1)).jobs.find(({ name }) => name === 'build')!.attempts[0]!
})
afterAll(() => world.stop())

const read = (path: string) => fetch(`${world.url}/api/v1/attempts/${attempt.id}/artifacts/${path}`, bearer())
const bearer = () => ({ headers: { authorization: `Bearer ${token}` } })

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

test('the length is that of the stored bytes', async () => {
  const answer = await read('empty')
  expect(answer.headers.get('content-length')).toBe('0')
  expect(await answer.text()).toBe('')
})

test.each(['unkept.txt', 'out', 'out/', 'report.html', '', 'out%2F%2E%2E%2Fempty', 'out%00/report.html'])(
  'what this attempt did not keep under that very path is not there: %j',
  async path => {
    expect((await read(path)).status).toBe(404)
  },
)
