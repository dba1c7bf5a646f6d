import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EnvironmentView, JobView } from '../../src/api/index.ts'
import { freePort } from '../fixtures/free-port.ts'
import { modelFiles, startWorld, until, type World } from '../server/world.ts'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')
const YAML = 'model: model.onnx\ndeploy:\n  production: { strategy: immediate }\n  preview: { expires: 3d }\n'
const BODY = JSON.stringify({
  inputs: [{ name: 'x', shape: [1, 8], datatype: 'FP32', data: [1, 2, 3, 4, 5, 6, 7, 8] }],
})

let world: World
let gatewayUrl: string
const children: ChildProcess[] = []

/** A real server, runner, host and gateway. */
beforeAll(async () => {
  const port = await freePort()
  gatewayUrl = `http://127.0.0.1:${port}`
  world = await startWorld(gatewayUrl)
  for (const [role, ...more] of [
    ['runner', '--sandbox', 'none'],
    ['host', '--threads', '1'],
    ['gateway', '--listen', `127.0.0.1:${port}`],
  ] as const) {
    const token = join(world.folder, 'data/secrets', `${role}.token`)
    const args = [
      MAIN,
      role,
      '--server',
      world.url,
      '--data',
      join(world.folder, role),
      '--token-file',
      token,
    ]
    children.push(spawn(process.execPath, [...args, ...more], { stdio: 'ignore' }))
  }
})
afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'close')
  }
  await world.stop()
})

async function predict(url: string, token?: string): Promise<{ status: number; body: unknown }> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const answer = await fetch(url, { method: 'POST', headers, body: BODY })
  return { status: answer.status, body: await answer.json() }
}
const preview = async () =>
  (await world.admin<EnvironmentView[]>('GET', '/projects/digits/environments')).find(
    ({ name }) => name === 'preview-topic',
  )
const deployJob = async (number: number): Promise<JobView | undefined> =>
  (await world.pipeline('digits', number)).jobs.find(({ kind }) => kind === 'deploy')

test('a branch has a private endpoint from its push until it is deleted', async () => {
  const repository = await world.repository('digits', modelFiles(YAML))
  const first = await repository.push()
  expect(first.stderr).toContain('pipeline succeeded')
  const token = await world.token(['predict'])
  const production = `${gatewayUrl}/v2/models/digits/infer`
  const served = await predict(production, token)
  expect(served.status).toBe(200)

  await repository.git('checkout', '-q', '-b', 'topic')
  await repository.commit('Another model', modelFiles(YAML, 2))
  const pushed = await repository.push('topic')
  expect(pushed.stderr).toContain('pipeline succeeded')
  const url = `${gatewayUrl}/environments/preview-topic/v2/models/digits/infer`
  expect(pushed.stderr).toContain(`serves at ${url}`)
  expect(await deployJob(2)).toMatchObject({ name: 'deploy:preview', detail: 'preview-topic' })

  const environment = await preview()
  expect(environment).toMatchObject({
    state: 'available',
    url,
    ref: 'refs/heads/topic',
    model: { name: 'digits', version: 2 },
    lastDeployment: { state: 'succeeded', job: { name: 'deploy:preview' }, by: 'admin' },
  })
  const left = Date.parse(environment!.autoStopAt!) - Date.now()
  expect(left / 3_600_000).toBeGreaterThan(71)

  const answer = await predict(url, token)
  expect(answer).toMatchObject({ status: 200, body: { model_name: 'digits', model_version: '2' } })
  expect(answer.body).not.toEqual(served.body)
  expect(await predict(url)).toMatchObject({ status: 401 })
  expect(await predict(production, token)).toEqual(served)

  const deleted = await repository.git('push', await repository.remote(), ':topic')
  expect(deleted.stderr).toContain('preview-topic is being stopped')
  expect(await predict(url, token)).toMatchObject({ status: 404 })
  expect(await preview()).toMatchObject({
    state: 'stopped',
    reason: 'branch topic was deleted',
    autoStopAt: null,
    model: { name: 'digits', version: null },
  })
  expect(await predict(production, token)).toEqual(served)
})

test('one that is stopped by hand comes back with the next push, and goes with the merge', async () => {
  const repository = await world.repository('digits', modelFiles(YAML))
  await repository.git('fetch', '-q', await repository.remote(), 'main')
  await repository.git('reset', '-q', '--hard', 'FETCH_HEAD')
  await repository.git('checkout', '-q', '-b', 'topic')
  await repository.commit('Three', modelFiles(YAML, 3))
  expect((await repository.push('topic')).stderr).toContain('serves at')
  const token = await world.token(['predict'])
  const { id, url } = (await preview())!
  expect(await predict(url!, token)).toMatchObject({ status: 200 })
  expect(await world.admin('POST', `/environments/${id}/stop`)).toMatchObject({ state: 'stopped' })
  expect(await predict(url!, token)).toMatchObject({ status: 404 })

  await repository.commit('Four', modelFiles(YAML, 4))
  expect((await repository.push('topic')).stderr).toContain('serves at')
  expect(await predict(url!, token)).toMatchObject({ status: 200 })
  const merged = await repository.push('topic:main', '-o', 'ci.skip')
  expect(merged.stderr).toContain('preview-topic is stopped: it was merged into main')
  const gone = await until('the preview to go', async () => {
    const now = await preview()
    return now?.state === 'stopped' && now
  })
  expect(gone.reason).toBe('it was merged into main')
  expect(await predict(url!, token)).toMatchObject({ status: 404 })
})
