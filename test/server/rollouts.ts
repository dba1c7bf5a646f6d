import { afterAll } from 'vitest'
import type { RolloutView } from '../../src/api/index.ts'
import { FakeGateway, FakeHost, FakeRunner } from './agents.ts'
import { type Repository, startWorld, until, type World } from './world.ts'

export interface RolloutWorld {
  readonly world: World
  readonly runner: FakeRunner
  readonly host: FakeHost
  readonly gateway: FakeGateway
  /** Pushes, and ends well every job up to the rollout; gives the rollout. */
  release(name: string, repository: Repository, number: number): Promise<RolloutView>
  see(id: string): Promise<RolloutView>
  /** With a host whose replicas serve. */
  inPhase(id: string, phase: RolloutView['phase']): Promise<RolloutView>
}

/** A control plane with played agents for the tests of a file; it ends with them. */
export async function startRollouts(): Promise<RolloutWorld> {
  const world = await startWorld()
  afterAll(() => world.stop())
  const [runner, host, gateway] = [new FakeRunner(world), new FakeHost(world), new FakeGateway(world)]
  const see = (id: string) => world.admin<RolloutView>('GET', `/rollouts/${id}`)
  return {
    ...{ world, runner, host, gateway, see },
    async release(name, repository, number) {
      if (number > 1) await repository.commit(`Version ${number}`, { 'note.txt': `${number}` })
      await repository.pushAndLeave()
      await runner.endAll(name, number)
      return until(`rollout ${number} of ${name}`, async () =>
        (await world.rollouts(name)).find(({ candidate }) => candidate.number === number),
      )
    },
    inPhase: (id, phase) =>
      host.serveUntil(`${id} ${phase}`, async () => {
        const rollout = await see(id)
        return rollout.phase === phase && rollout
      }),
  }
}
