import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JobView } from '../../src/api/index.ts'
import { FakeRunner } from '../server/agents.ts'
import { modelFiles, startWorld, until, type World } from '../server/world.ts'

let world: World
let runner: FakeRunner

beforeAll(async () => {
  world = await startWorld()
  runner = new FakeRunner(world)
})
afterAll(() => world.stop())

/** Nothing is deployed from main: these tests end with the pipeline's own jobs. */
const aFile = (jobs: string, more = '') =>
  `model: model.onnx\njobs:\n${jobs}\ndeploy: { staging: { branch: never } }\n${more}`

const states = async (project: string, number = 1) =>
  Object.fromEntries((await world.pipeline(project, number)).jobs.map(({ name, state }) => [name, state]))

const jobOf = async (project: string, name: string, number = 1): Promise<JobView> =>
  (await world.pipeline(project, number)).jobs.find(job => job.name === name)!

const act = async (job: JobView, action: 'retry' | 'cancel' | 'approve') =>
  world.call('POST', `/api/v1/jobs/${job.id}/${action}`, { token: await world.secret() })

test('the server tells the port that it got, in links as well', async () => {
  expect(new URL(world.url).port).not.toBe('0')
  const { remote } = await world.admin<{ remote: string }>('POST', '/projects', { name: 'linked' })
  expect(remote).toBe(`${world.url}/linked.git`)
})

test('a push becomes jobs, which end in order; the push prints them, and the version keeps its commit', async () => {
  const repository = await world.repository('plain', modelFiles(aFile('  unit: { run: "true" }')))
  const pushed = repository.push()
  for (const name of ['unit', 'scan', 'inspect', 'register']) await runner.end(await runner.take(name))
  const { code, stderr } = await pushed
  expect(code).toBe(0)
  expect(stderr).toMatch(/Pipeline #1 · [0-9a-f]{8} · main/)
  expect(stderr).toContain(`${world.url}/pipelines/`)
  expect(stderr).toMatch(/✓ unit/)
  expect(stderr).toContain('registered as v1')
  expect(stderr).toMatch(/pipeline succeeded in/)
  expect(await states('plain')).toStrictEqual({
    unit: 'succeeded',
    scan: 'succeeded',
    inspect: 'succeeded',
    register: 'succeeded',
  })
  const { id } = await world.admin<{ id: string }>('GET', '/projects/plain')
  const bare = `${world.folder}/data/repositories/${id}.git`
  const head = (await repository.git('rev-parse', 'HEAD')).stdout.trim()
  const kept = await repository.git('--git-dir', bare, 'rev-parse', `refs/ballast/keep/${head}`)
  expect(kept.stdout.trim()).toBe(head)
})

describe('fences', () => {
  test('an attempt whose job was canceled is told to stop, and its late success changes nothing', async () => {
    const repository = await world.repository('cancels', modelFiles(aFile('  slow: { run: sleep 9 }')))
    await repository.pushAndLeave()
    const offer = await runner.take('slow')
    expect((await runner.beat(offer)).body).toStrictEqual({ cancel: false })
    expect((await act(await jobOf('cancels', 'slow'), 'cancel')).status).toBe(200)
    expect((await runner.beat(offer)).body).toStrictEqual({ cancel: true })
    expect((await runner.finish(offer, { outcome: 'succeeded' })).status).toBe(204)
    expect((await jobOf('cancels', 'slow')).state).toBe('canceled')
    await runner.endAll('cancels', 1)
    expect((await world.pipeline('cancels', 1)).state).toBe('canceled')
  })

  test('an ended attempt hears no second word: the same one is harmless, another is refused', async () => {
    const repository = await world.repository('fenced', modelFiles(aFile('  unit: { run: "true" }')))
    await repository.pushAndLeave()
    const offer = await runner.take('unit')
    expect((await runner.finish(offer, { outcome: 'failed', reason: 'exit 1' })).status).toBe(204)
    expect((await runner.finish(offer, { outcome: 'failed', reason: 'exit 1' })).status).toBe(204)
    const late = await runner.finish(offer, { outcome: 'succeeded' })
    expect(late).toMatchObject({ status: 409, body: { error: { code: 'LEASE_LOST' } } })
    const stale = await runner.beat({ ...offer, fence: offer.fence - 1 })
    expect(stale).toMatchObject({ status: 409, body: { error: { code: 'LEASE_LOST' } } })
    expect((await jobOf('fenced', 'unit')).state).toBe('failed')
  })

  test('a canceled job that is tried again belongs to its new attempt alone', async () => {
    const repository = await world.repository('again', modelFiles(aFile('  unit: { run: "true" }')))
    await repository.pushAndLeave()
    const first = await runner.take('unit')
    await runner.beat(first)
    await act(await jobOf('again', 'unit'), 'cancel')
    expect((await act(await jobOf('again', 'unit'), 'retry')).status).toBe(200)
    const second = await runner.take('unit')
    expect(second.fence).toBeGreaterThan(first.fence)
    expect((await runner.beat(first)).body).toStrictEqual({ cancel: true })
    await runner.finish(first, { outcome: 'failed' })
    expect((await jobOf('again', 'unit')).state).toBe('running')
    expect((await runner.beat(second)).body).toStrictEqual({ cancel: false })
    await runner.end(second)
    expect((await jobOf('again', 'unit')).state).toBe('succeeded')
  })
})

test('retries are used up, then the job has failed and what needs it is skipped with the reason', async () => {
  const yaml = aFile('  flaky: { run: "false", retry: 1 }\n  after: { run: "true", needs: [flaky] }')
  await (await world.repository('retried', modelFiles(yaml))).pushAndLeave()
  await runner.finish(await runner.take('flaky'), { outcome: 'failed', reason: 'exit 1' })
  expect((await jobOf('retried', 'flaky')).state).toBe('ready')
  await runner.finish(await runner.take('flaky'), { outcome: 'failed', reason: 'exit 1' })
  expect(await jobOf('retried', 'flaky')).toMatchObject({ state: 'failed', reason: 'exit 1' })
  await runner.endAll('retried', 1)
  expect(await jobOf('retried', 'after')).toMatchObject({ state: 'skipped', reason: "'flaky' failed" })
  expect((await world.pipeline('retried', 1)).state).toBe('failed')
  expect((await act(await jobOf('retried', 'flaky'), 'retry')).status).toBe(200)
  expect((await world.pipeline('retried', 1)).state).toBe('running')
  await runner.endAll('retried', 1)
  expect((await world.pipeline('retried', 1)).state).toBe('succeeded')
})

test('a job that may fail keeps nobody', async () => {
  const yaml = aFile('  lint: { run: "false", allow_failure: true }')
  await (await world.repository('lenient', modelFiles(yaml))).pushAndLeave()
  await runner.finish(await runner.take('lint'), { outcome: 'failed' })
  await runner.endAll('lenient', 1)
  expect(await states('lenient')).toMatchObject({ lint: 'failed', register: 'succeeded' })
  expect((await world.pipeline('lenient', 1)).state).toBe('succeeded')
})

test('artifacts reach the jobs that need their maker; what users write into .ballast/ never does', async () => {
  const yaml = aFile(
    '  build: { run: "true", produces: [out/**, .ballast/**] }\n  use: { run: "true", needs: [build] }\n  aside: { run: "true" }',
    'evaluate: { data: test.npz }\ngates: [size <= 5 MB]\n',
  )
  const files = { ...modelFiles(yaml), 'test.npz': 'no matter' }
  await (await world.repository('artifacts', files)).pushAndLeave()
  const build = await runner.take('build')
  const good = await runner.put(build, 'out/a.txt', 'hello')
  const evil = await runner.put(build, '.ballast/candidate.json', '{"forged":true}')
  await runner.finish(build, { outcome: 'succeeded', artifacts: [good, evil] })
  const inputs = new Map<string, readonly string[]>()
  for (let gate = false; !gate; ) {
    const [offer] = await runner.lease()
    inputs.set(
      offer!.jobName,
      offer!.inputs.map(({ path }) => path),
    )
    if (offer!.jobName === 'use') {
      const read = (digest: string) =>
        world.call('GET', `/api/v1/attempts/${offer!.attempt}/blobs/${digest}`, { token: offer!.token })
      expect(await read(good.digest)).toMatchObject({ status: 200, body: 'hello' })
      // Knowing a digest grants nothing.
      expect((await read(evil.digest)).status).toBe(404)
    }
    gate = offer!.jobName === 'gate'
    if (!gate) await runner.end(offer!)
    else await runner.end(offer!, 'inconclusive')
  }
  expect(inputs.get('use')).toStrictEqual(['out/a.txt'])
  expect(inputs.get('aside')).toStrictEqual([])
  expect(inputs.get('gate')).not.toContain('.ballast/candidate.json')
})

test('a gate that could not decide waits for a person, whose word is kept', async () => {
  const gate = await jobOf('artifacts', 'gate')
  expect(gate).toMatchObject({ state: 'waiting', verdict: 'inconclusive', awaitsApproval: true })
  expect((await act(gate, 'approve')).status).toBe(200)
  expect(await jobOf('artifacts', 'gate')).toMatchObject({ state: 'succeeded', reason: 'approved by admin' })
  expect(await act(gate, 'approve')).toMatchObject({
    status: 409,
    body: { error: { code: 'STATE_CONFLICT' } },
  })
  await runner.endAll('artifacts', 1)
  expect((await world.pipeline('artifacts', 1)).state).toBe('succeeded')
})

test('a ballast.yaml with mistakes fails its pipeline, and the push shows where', async () => {
  const repository = await world.repository('broken', {
    'ballast.yaml': 'model: model.onnx\ngatess: [size <= 5 MB]\n',
    'model.onnx': 'x',
  })
  const { stderr } = await repository.push()
  expect(stderr).toMatch(/ballast\.yaml:2:1/)
  expect(stderr).toContain("'gatess'")
  expect(stderr).toContain('pipeline failed')
  expect(await world.pipeline('broken', 1)).toMatchObject({ state: 'failed', jobs: [] })
})

test('a model name that belongs to another project fails the registration, with the reason', async () => {
  const yaml = `model: { name: plain, file: model.onnx }\ndeploy: { staging: { branch: never } }\n`
  await (await world.repository('thief', modelFiles(yaml))).pushAndLeave()
  await runner.end(await runner.take('scan'))
  await runner.end(await runner.take('inspect'))
  await runner.end(await runner.take('register'))
  const register = await jobOf('thief', 'register')
  expect(register.state).toBe('failed')
  expect(register.reason).toContain('plain')
})

test('Ctrl-C ends the printing and nothing else', async () => {
  const repository = await world.repository('left', modelFiles(aFile('  unit: { run: "true" }')))
  expect(await repository.pushAndLeave()).toContain('Pipeline #1')
  await runner.endAll('left', 1)
  expect((await world.pipeline('left', 1)).state).toBe('succeeded')
})

test('started again, the server goes on with what ran, and makes no pipeline twice', async () => {
  const repository = await world.repository('restarted', modelFiles(aFile('  unit: { run: "true" }')))
  await repository.pushAndLeave()
  const offer = await runner.take('unit')
  await runner.beat(offer)
  await world.restart()
  expect((await runner.beat(offer)).body).toStrictEqual({ cancel: false })
  await runner.end(offer)
  await runner.endAll('restarted', 1)
  expect((await world.pipelines('restarted')).map(({ number, state }) => ({ number, state }))).toStrictEqual([
    { number: 1, state: 'succeeded' },
  ])
})

test('pushing the same commit to a second branch is a second pipeline; pushing it again is none', async () => {
  const repository = await world.repository('twice', modelFiles(aFile('  unit: { run: "true" }')))
  await repository.pushAndLeave()
  await repository.pushAndLeave('HEAD:side')
  expect((await repository.push()).stderr).toContain('Everything up-to-date')
  const found = await until('two pipelines', async () => {
    const pipelines = await world.pipelines('twice')
    return pipelines.length >= 2 && pipelines
  })
  expect(found.map(({ number, ref }) => ({ number, ref }))).toStrictEqual([
    { number: 2, ref: 'refs/heads/side' },
    { number: 1, ref: 'refs/heads/main' },
  ])
})
