import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Offer, RolloutView } from '../../src/api/index.ts'
import { FakeGateway, FakeHost, FakeRunner } from './agents.ts'
import { modelFiles, type Ran, type Repository, run, startWorld, until, type World } from './world.ts'

const ENTRY = join(import.meta.dirname, '../../src/cli/main.ts')
const YAML = `model: { name: NAME, file: model.onnx }
jobs:
  train: { run: python train.py, produces: [model.onnx] }
evaluate: { data: test.csv }
deploy:
  production: { strategy: canary, steps: [10%] }
`
/** Digest of the data that every version was judged on. */
export const DATA = `sha256:${'da'.repeat(32)}`

export const bytesOf = (commit: string): string => `model of ${commit}`
export const digestOf = (text: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`

/** A server whose models are trained, judged, rolled out and counted as a test wants. */
export class VersionsWorld {
  readonly world: World
  readonly runner: FakeRunner
  readonly host: FakeHost
  readonly gateway: FakeGateway

  private constructor(world: World) {
    this.world = world
    this.runner = new FakeRunner(world)
    this.host = new FakeHost(world)
    this.gateway = new FakeGateway(world)
  }

  static async start(): Promise<VersionsWorld> {
    return new VersionsWorld(await startWorld())
  }

  /** The command, as the admin or whoever has this token. */
  async ballast(args: readonly string[], token?: string): Promise<Ran> {
    const { world } = this
    return run(process.execPath, [ENTRY, ...args], world.folder, {
      PATH: process.env['PATH'],
      HOME: world.folder,
      NO_COLOR: '1',
      BALLAST_URL: world.url,
      BALLAST_TOKEN: token ?? (await world.secret()),
    })
  }

  get<Body>(path: string): Promise<Body> {
    return this.world.admin<Body>('GET', path)
  }

  async aModel(name: string): Promise<Repository> {
    return this.world.repository(name, {
      ...modelFiles(YAML.replace('NAME', name)),
      'test.csv': 'a,b\n1,2\n',
    })
  }

  /** Pushes once more, up to the rollout; gives the rollout. */
  async release(name: string, repository: Repository, number: number): Promise<RolloutView> {
    if (number > 1) await repository.commit(`Version ${number}`, { 'note.txt': `${number}` })
    await repository.pushAndLeave()
    await until('its pipeline', async () => (await this.world.pipelines(name)).length === number)
    await this.#deliver(name, number, 0.9 + number / 100)
    return until(`rollout ${number}`, async () =>
      (await this.world.rollouts(name)).find(({ candidate }) => candidate.number === number),
    )
  }

  inPhase(id: string, phase: RolloutView['phase']): Promise<RolloutView> {
    return this.host.serveUntil(`${id} ${phase}`, async () => {
      const rollout = await this.get<RolloutView>(`/rollouts/${id}`)
      return rollout.phase === phase && rollout
    })
  }

  /** v1 serves, v2 is a canary that was aborted by its errors, v3 was promoted by its counts. */
  async aStory(name: string): Promise<Repository> {
    const repository = await this.aModel(name)
    await this.inPhase((await this.release(name, repository, 1)).id, 'promoted')
    const bad = await this.release(name, repository, 2)
    await this.inPhase(bad.id, 'progressing')
    await this.gateway.serve(bad.id, 0, 400, { canary: 200 })
    await this.inPhase(bad.id, 'aborted')
    const good = await this.release(name, repository, 3)
    await this.inPhase(good.id, 'progressing')
    await this.gateway.serve(good.id, 0, 3000)
    await this.inPhase(good.id, 'promoted')
    return repository
  }

  /** Ends every job of a pipeline well: train keeps the model, evaluate finds this accuracy. */
  async #deliver(name: string, number: number, accuracy: number): Promise<void> {
    const busy = async () =>
      (await this.world.pipeline(name, number)).jobs.some(
        ({ kind, state }) => kind !== 'deploy' && ['blocked', 'ready', 'running'].includes(state),
      )
    while (await busy()) for (const offer of await this.runner.lease(8)) await this.#end(offer, accuracy)
  }

  async #end(offer: Offer, accuracy: number): Promise<void> {
    const { runner } = this
    if (offer.jobName === 'train') {
      const model = await runner.put(offer, 'model.onnx', bytesOf(offer.commit))
      await runner.finish(offer, { outcome: 'succeeded', artifacts: [model] })
    } else if (offer.work.kind === 'stage' && offer.work.input.stage === 'evaluate') {
      const evaluation = { metrics: { accuracy }, dataDigest: DATA, examples: 100 }
      // No stage may state these; the tests see that they go nowhere.
      const forged = { lineage: { parent: 'ver_forged' }, signature: 'forged', approval: 'forged' }
      await runner.finish(offer, {
        outcome: 'succeeded',
        result: { stage: 'evaluate', verdict: 'passed', summary: [], records: { evaluation, ...forged } },
      })
    } else await runner.end(offer)
  }
}
