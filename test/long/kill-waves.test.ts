import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { type RolloutView, rolloutViewSchema } from '../../src/api/index.ts'
import { trafficImages } from '../../src/cli/demo/images.ts'
import { freePort } from '../fixtures/free-port.ts'
import { pipelineEnd } from './world/delivery.ts'
import { type Installation, ROOT } from './world/installation.ts'
import { describeOutcome, Load } from './world/load.ts'
import { until } from './world/until.ts'
import { deliverFirst, expectGoodEnd, served, type World, worlds } from './world/world.ts'

const PER_SECOND = 20
const WAIT_MS = 120_000
const ENTRY = process.env['BALLAST_ENTRY'] ?? join(ROOT, 'dist', 'ballast.js')

const aWorld = worlds()
const gateways: ChildProcess[] = []
afterEach(() => {
  for (const gateway of gateways.splice(0)) gateway.kill('SIGKILL')
})

/** A second gateway of an installation, of a region; gives its clients, once it serves. */
async function gatewayIn(region: string, made: Installation): Promise<Load> {
  const port = await freePort()
  const args = ['gateway', '--server', made.url, '--token-file', join(made.state, 'secrets', 'gateway.token')]
  const place = ['--data', join(made.folder, region), '--name', region, '--region', region]
  const child = spawn(process.execPath, [ENTRY, ...args, ...place, '--listen', `127.0.0.1:${port}`], {
    stdio: 'ignore',
  })
  gateways.push(child)
  const load = new Load(
    { gatewayUrl: `http://127.0.0.1:${port}`, token: made.token },
    await trafficImages(ROOT),
  )
  await until(
    `an answer in ${region}`,
    async () => ((await load.one()).status === 200 ? true : undefined),
    WAIT_MS,
  )
  return load
}

const latest = async ({ made: { api } }: World): Promise<RolloutView | undefined> =>
  (await api.get('/models/digits/rollouts?limit=1', z.array(rolloutViewSchema)))[0]
const rolloutAt = (world: World, what: string, is: (rollout: RolloutView) => boolean) =>
  until(
    what,
    async () => {
      const rollout = await latest(world)
      return rollout?.candidate.number === 2 && is(rollout) ? rollout : undefined
    },
    WAIT_MS,
  )
/** Versions and arms of the answers since then. */
const answersSince = (load: Load, from: number) =>
  new Set(load.outcomes.slice(from).map(({ answer }) => `${answer?.arm} v${answer?.version}`))

test('region by region, over the death of the server between two waves: each wave once, and no request lost', async () => {
  const strategy = 'strategy: canary\n    steps: [30%]\n    waves: [eu, us]'
  const world = await aWorld({
    strategy,
    minRequests: 60,
    env: folder => ({ BALLAST_KILL_AT: `rollout-updated=${join(folder, 'armed', 'kill')}` }),
  })
  const { made, repository, load } = world
  await deliverFirst(world, PER_SECOND)
  const eu = await gatewayIn('eu', made)
  eu.start(PER_SECOND)
  const commit = await repository.commit('Delivery 2', 'better.onnx')
  const pushed = repository.push()

  await rolloutAt(world, 'the first wave', ({ phase, step }) => phase === 'progressing' && step === 0)
  await mkdir(join(made.folder, 'armed'))
  const before = load.outcomes.length
  await until('a canary in eu', () => answersSince(eu, 0).has('canary v2') || undefined, WAIT_MS)
  // The gateway of `ballast up` is of no region: it comes with the last wave.
  expect([...answersSince(load, before)]).toEqual(['stable v1'])

  await until('the kill', () => existsSync(join(made.folder, 'armed', 'kill')) || undefined, WAIT_MS)
  await made.pids()
  const ended = await rolloutAt(world, 'the promotion', ({ phase }) => phase === 'promoted')
  expect(ended.history.map(({ phase, step }) => `${phase} ${step}`)).toEqual([
    'preparing 0',
    'progressing 0',
    'progressing 1',
    'promoted 1',
  ])
  expect(ended.history[2]?.reason).toMatch(/^Wave 2 of 2 \(us\); /)
  expect(answersSince(load, before)).toContain('canary v2')
  await pushed
  await pipelineEnd(made, commit)
  await served(world, 2)

  await eu.stop()
  expect(eu.failures.map(describeOutcome)).toEqual([])
  const [gateway] = gateways
  const gone = once(gateway!, 'exit')
  gateway!.kill('SIGTERM')
  await gone
  await expectGoodEnd(world)
})
