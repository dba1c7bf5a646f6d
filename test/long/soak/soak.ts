import { readFile } from 'node:fs/promises'
import type { WantedReplica } from '../../../src/api/index.ts'
import { generator } from '../../fixtures/onnx-builder.ts'
import type { ServingWorld } from '../../fixtures/serving-world.ts'
import { ASKINGS, ask, examplesOf, modelOf } from './good.ts'
import { ATTACKS } from './hostile.ts'

export const VERSIONS = [1, 2]
/** Of each version: one may be killed while the other answers. */
const REPLICAS = ['a', 'b']
const GOOD_LANES = 6
const HOSTILE_LANES = 2
/** Between two kills or switches. */
const CALM_MS = 1500

export interface SoakResult {
  readonly good: number
  readonly attacks: number
  readonly kills: number
  readonly switches: number
  /** What went wrong, each in words. */
  readonly problems: readonly string[]
  /** Resident bytes of gateway and host, sampled through the run. */
  readonly memory: Readonly<Record<'gateway' | 'host', readonly number[]>>
}

/**
 * Good and hostile requests at once, replicas killed at random, and versions switched (all to one, shares between
 * both), for so long. Seeded, so that a run can be repeated as far as the machine's timing allows.
 */
export async function soak(world: ServingWorld, seconds: number, seed = 1): Promise<SoakResult> {
  const random = generator(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  await world.serve(VERSIONS.flatMap(version => REPLICAS.map(name => wanted(world, version, name))))
  await share(world, 1)
  const examples = await examplesOf(VERSIONS, world.folder)
  const until = performance.now() + seconds * 1000
  const going = () => performance.now() < until
  const problems: string[] = []
  const counts = { good: 0, attacks: 0, kills: 0, switches: 0 }
  const memory = { gateway: [] as number[], host: [] as number[] }

  const good = async () => {
    while (going()) {
      const problem = await ask(world, pick(ASKINGS), pick(examples))
      counts.good++
      if (problem !== undefined) problems.push(problem)
    }
  }
  const hostile = async () => {
    while (going()) {
      const problem = await pick(ATTACKS).send(world)
      counts.attacks++
      if (problem !== undefined) problems.push(problem)
    }
  }
  const chaos = async () => {
    while (going()) {
      await sleep(CALM_MS)
      if (random() < 0.5) {
        await share(world, pick([0, 0.3, 0.5, 1]))
        counts.switches++
      } else {
        await kill(world, pick(VERSIONS), pick(REPLICAS))
        counts.kills++
      }
      for (const role of ['gateway', 'host'] as const) memory[role].push(await residentBytes(world.pid(role)))
    }
  }
  await Promise.all([
    ...Array.from({ length: GOOD_LANES }, good),
    ...Array.from({ length: HOSTILE_LANES }, hostile),
    chaos(),
  ])
  return { ...counts, problems, memory }
}

const idOf = (version: number, name: string) => `rep_${version}${name}`

function wanted(world: ServingWorld, version: number, name: string): WantedReplica {
  return {
    replica: idOf(version, name),
    version: `ver_${version}`,
    versionNumber: version,
    model: 'soak',
    config: { name: 'soak', task: 'classification', labels: [], preprocess: [] },
    files: [world.plane.addBlob('model.onnx', modelOf(version))],
  }
}

/** Version 1 takes this part, version 2 the rest. */
async function share(world: ServingWorld, first: number): Promise<void> {
  const arm = (kind: 'stable' | 'canary', version: number, weight: number) =>
    world.arm(
      kind,
      version,
      weight,
      REPLICAS.map(name => idOf(version, name)),
    )
  const arms =
    first >= 0.5
      ? [arm('stable', 1, first), ...(first < 1 ? [arm('canary', 2, 1 - first)] : [])]
      : [arm('stable', 2, 1 - first), ...(first > 0 ? [arm('canary', 1, first)] : [])]
  await world.route([
    { model: 'soak', environment: 'production', project: 'prj_1', predictions: 'public', arms, standby: [] },
  ])
}

/** Kills a replica, and waits until its successor is ready: the other one is all that its version has meanwhile. */
async function kill(world: ServingWorld, version: number, name: string): Promise<void> {
  const id = idOf(version, name)
  const before = world.replica(id)?.pid
  if (before === undefined) throw new Error(`the replica ${id} has no process`)
  process.kill(before, 'SIGKILL')
  await world.until(() => {
    const now = world.replica(id)
    return now?.phase === 'ready' && now.pid !== before
  })
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
