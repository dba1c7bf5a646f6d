/** What benches of serving share: processes that end with the bench, Ballast's own serving processes, load, CPU time. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServingWorld } from '../../test/fixtures/serving-world.ts'
import type { LoadResult } from '../predictions/result.ts'

const TICKS_PER_SECOND = 100
const LOADS = {
  http: new URL('../predictions/load.ts', import.meta.url).pathname,
  grpc: new URL('../predictions/load-grpc.ts', import.meta.url).pathname,
}

export interface Request {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** base64 */
  readonly body: string
}

/** Processes and a folder that live as long as the bench. */
export class World {
  readonly #children: ChildProcess[] = []
  readonly #serving = new ServingWorld()
  folder = ''

  static async open(): Promise<World> {
    const world = new World()
    world.folder = await mkdtemp(join(tmpdir(), 'ballast-bench-'))
    return world
  }

  /** In a process group of its own, so that what it starts ends with it. */
  start(
    command: string,
    args: readonly string[],
    more: {
      readonly env?: Readonly<Record<string, string>>
      readonly cwd?: string
      readonly loud?: boolean
    } = {},
  ): ChildProcess {
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', more.loud === true ? 'inherit' : 'ignore'],
      detached: true,
      env: { ...process.env, ...more.env },
      cwd: more.cwd ?? this.folder,
    })
    this.#children.push(child)
    return child
  }

  /** Gateway and one replica for each model, by a control plane that only knows them. */
  async serve(models: Readonly<Record<string, Served>>): Promise<Serving> {
    const world = this.#serving
    await world.start()
    const names = Object.keys(models)
    await world.serve(
      // A version is of one model: its files lie under its name.
      names.map((model, i) => ({
        replica: model,
        version: `ver_${i + 1}`,
        versionNumber: i + 1,
        model,
        config: { name: model, task: 'generic', labels: [], preprocess: [], ...models[model]!.config },
        files: [world.plane.addBlob('model.onnx', models[model]!.onnx)],
      })),
    )
    await world.route(
      names.map((model, i) => ({
        model,
        environment: 'production',
        project: 'bench',
        predictions: 'public' as const,
        standby: [],
        arms: [world.arm('stable', i + 1, 1, [model])],
      })),
    )
    return {
      port: world.port,
      gatewayPid: world.pid('gateway'),
      replicaPid: id => world.replica(id)?.pid ?? Number.NaN,
    }
  }

  async close(): Promise<void> {
    for (const child of this.#children) killGroup(child)
    await Promise.all(this.#children.map(child => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
    if (this.#serving.port > 0) await this.#serving.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}

export interface Served {
  readonly onnx: Uint8Array
  readonly config?: object
}

export interface Serving {
  readonly port: number
  readonly gatewayPid: number
  replicaPid(model: string): number
}

export interface LoadPlan extends Request {
  readonly port: number
  readonly ms: number
  readonly connections: number
  readonly pauseMs?: number
  readonly transport?: keyof typeof LOADS
}

/** Load from a process of its own. Throws where anything but 200 came back, unless failures are to be counted. */
export async function load(
  { transport = 'http', ...plan }: LoadPlan,
  failures: 'throw' | 'count' = 'throw',
): Promise<LoadResult> {
  const child = spawn(process.execPath, [LOADS[transport]], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify({ pauseMs: 0, ...plan }))
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  await once(child, 'close')
  const result = JSON.parse(text) as LoadResult
  if (result.failures > 0 && failures === 'throw')
    throw new Error(`${result.failures} of ${result.requests} requests failed at ${plan.path}`)
  return result
}

/** User and system time of processes, in microseconds. */
export async function cpuOf(pids: readonly number[]): Promise<number> {
  let ticks = 0
  for (const pid of pids) {
    const fields = await statOf(pid)
    if (fields !== undefined) ticks += Number(fields[11]) + Number(fields[12])
  }
  return (ticks / TICKS_PER_SECOND) * 1e6
}

/** A process and all that descend from it, whatever groups they made for themselves. */
export async function descendantsOf(child: ChildProcess): Promise<readonly number[]> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    const fields = /^\d+$/.test(name) ? await statOf(Number(name)) : undefined
    if (fields !== undefined) parents.set(Number(name), Number(fields[1]))
  }
  const found = new Set([child.pid ?? -1])
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
  }
  return [...found]
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  problem: string,
  ms = 60_000,
): Promise<void> {
  const limit = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error(`${problem} within ${ms / 1000} s`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Fields of /proc/PID/stat behind the name: 0 is the state, 1 the parent. */
async function statOf(pid: number): Promise<readonly string[] | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    // It ended meanwhile.
    return undefined
  }
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
  } catch {
    // It is gone.
  }
}
