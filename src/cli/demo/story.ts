import { join } from 'node:path'
import { z } from 'zod'
import {
  type ModelView,
  modelViewSchema,
  type PipelineView,
  pipelineSummarySchema,
  pipelineViewSchema,
  type RolloutView,
  rolloutViewSchema,
} from '../../api/index.ts'
import { formatPercent } from '../../core/index.ts'
import type { DemoBallast } from './ballast.ts'
import type { LabelledImage } from './images.ts'
import { DemoRepository } from './repository.ts'
import { Traffic } from './traffic.ts'

export interface Narrator {
  chapter(title: string): void
  say(line: string): void
  /** A fact of the story: it happened, or the demo has failed. */
  expect(what: string, holds: boolean, found?: string): void
}

/** Requests a second: what one core answers with room to spare, decoding included. */
const TRAFFIC = 120
const PROJECT = 'digits'

/** The main job, on real data through real doors: a client's git, a client's HTTP, and what the server says of itself. */
export async function tellStory(
  ballast: DemoBallast,
  images: readonly LabelledImage[],
  root: string,
  narrator: Narrator,
): Promise<void> {
  const { gatewayUrl, token, url } = ballast
  const remote = new URL(`/${PROJECT}.git`, url)
  remote.username = 'demo'
  remote.password = token
  const repository = new DemoRepository(
    join(ballast.folder, 'digits'),
    join(root, 'examples', 'digits'),
    remote.href,
    narrator.say,
  )
  const world = new World(ballast)
  await repository.create()

  narrator.chapter('1 · The first model: pushed, tested, judged, served')
  await repository.push('A small network that reads digits')
  const first = await world.latestPipeline()
  narrator.expect('its pipeline succeeded', first.state === 'succeeded', first.state)
  narrator.expect('v1 serves', (await world.model()).stable?.number === 1)

  const traffic = new Traffic(gatewayUrl, 'digits', token, images)
  for (const image of images.slice(0, 5)) {
    const answer = await traffic.send(image)
    narrator.say(
      `a ${image.label} was read as ${answer.label} by v${answer.version} in ${answer.milliseconds.toFixed(1)} ms`,
    )
    narrator.expect('the prediction was answered', answer.status === 200, String(answer.status))
  }
  narrator.say(`from here on, live traffic: ${TRAFFIC} real images a second`)
  traffic.start(TRAFFIC)
  try {
    await chapters(repository, world, traffic, narrator)
  } finally {
    await traffic.stop()
  }
  narrator.chapter('What the clients saw')
  for (const [version, { requests, right, refused }] of [...traffic.tallies].sort()) {
    narrator.say(
      `v${version}: ${requests} requests, ${formatPercent(right / requests)} read right, ${refused} errors`,
    )
  }
  narrator.expect(
    'no request was lost in all of this',
    traffic.failures.length === 0,
    traffic.failures.slice(0, 3).join('; '),
  )
}

async function chapters(
  repository: DemoRepository,
  world: World,
  traffic: Traffic,
  narrator: Narrator,
): Promise<void> {
  narrator.chapter('2 · A better model: canary under live traffic, then promoted')
  await repository.replaceModel('better.onnx')
  await repository.push('Train longer, on shifted images')
  const second = await world.latestPipeline()
  narrator.expect('its pipeline succeeded', second.state === 'succeeded', second.state)
  const promotion = await world.rolloutOf(second)
  narrator.expect(
    'it went through canary steps',
    promotion.history.some(({ phase, weight }) => phase === 'progressing' && weight < 1),
  )
  narrator.expect(
    'v2 was promoted',
    promotion.phase === 'promoted' && (await world.model()).stable?.number === 2,
    promotion.reason ?? '',
  )

  narrator.chapter('3 · A worse model: the gate stops it')
  await repository.replaceModel('worse.onnx')
  await repository.push('Train on fewer images')
  const third = await world.latestPipeline()
  const gate = third.jobs.find(({ name }) => name === 'gate')
  narrator.expect('the gate failed', gate?.state === 'failed', gate?.state)
  narrator.expect(
    'it shows its interval',
    gate?.gates.some(({ verdict, interval }) => verdict === 'failed' && interval !== undefined) ?? false,
  )
  narrator.expect('production is untouched: v2 serves', (await world.model()).stable?.number === 2)

  narrator.chapter('4 · An accurate but slow model: passes the gates, fails under traffic')
  await repository.replaceModel('slow.onnx')
  await repository.push('Average over 49 shifted copies of each image')
  const fourth = await world.latestPipeline()
  narrator.expect(
    'it passed the gates',
    fourth.jobs.find(({ name }) => name === 'gate')?.state === 'succeeded',
  )
  const abort = await world.rolloutOf(fourth)
  narrator.expect('the canary aborted by itself', abort.phase === 'aborted', abort.phase)
  narrator.expect(
    'because of its latency',
    abort.analysis?.metrics.some(
      ({ metric, verdict }) => metric.startsWith('latency') && verdict === 'failed',
    ) ?? false,
    abort.reason ?? '',
  )
  narrator.expect('v2 serves', (await world.model()).stable?.number === 2)

  narrator.chapter('5 · Roll back by hand')
  const asked = performance.now()
  await world.rollback()
  narrator.say(`rolled back in ${(performance.now() - asked).toFixed(0)} ms`)
  const answer = await traffic.sendOne()
  narrator.expect('v1 answers the next request', answer.version === '1', `v${answer.version}`)
}

/** What the server says of itself, read through its API. */
class World {
  readonly #ballast: DemoBallast

  constructor(ballast: DemoBallast) {
    this.#ballast = ballast
  }

  model(): Promise<ModelView> {
    return this.#ballast.api.get('/models/digits', modelViewSchema)
  }

  async latestPipeline(): Promise<PipelineView> {
    const [latest] = await this.#ballast.api.get(
      `/projects/${PROJECT}/pipelines?limit=1`,
      z.array(pipelineSummarySchema),
    )
    return this.#ballast.api.get(`/pipelines/${latest!.id}`, pipelineViewSchema)
  }

  async rolloutOf({ jobs }: PipelineView): Promise<RolloutView> {
    const rollout = jobs.find(({ kind }) => kind === 'deploy')?.rollout
    return this.#ballast.api.get(`/rollouts/${rollout}`, rolloutViewSchema)
  }

  async rollback(): Promise<void> {
    await this.#ballast.api.send('POST', '/models/digits/rollback', {}, rolloutViewSchema)
  }
}
