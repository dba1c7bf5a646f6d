import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { messageOf, replaceFile } from '../../core/index.ts'
import { sleep } from '../agents/index.ts'
import { UNFIT_EXIT_STATUS } from '../replica/index.ts'
import type { Places } from './places.ts'
import type { StartPriority } from './priority.ts'
import { identify, isAlive, type ProcessId, readProcess, startDetached } from './processes.ts'
import type { Spare } from './spare.ts'

/** How often a process is looked at, where nothing tells that it ended. */
const LOOK_MS = 100

/** A replica's process. */
export interface Running {
  readonly id: ProcessId
  readonly ended: Promise<End>
}

/** How a replica's process came to its end. */
export interface End {
  readonly how: string
  readonly unfit: boolean
}

export interface Start {
  /** What starts a replica, but for the path of its specification. */
  readonly command: readonly string[]
  /** Whether it ends with this process; else it serves on for the next host. */
  readonly tied: boolean
  readonly priority: StartPriority
  /** A folder of ours alone where Node keeps what it has compiled: a third of what a small replica takes to start. */
  readonly compiled?: string
  /** A process that waits to become one. */
  readonly spare?: Spare
  /** Behind those that serve: nobody waits for it yet. */
  readonly behind: boolean
}

type ReplicaPlaces = ReturnType<Places['replica']>

/** Starts a replica's process, and keeps on disk which one it is. */
export async function startReplica(places: ReplicaPlaces, start: Start): Promise<Running> {
  const { priority, behind } = start
  const child = (await spared(places, start)) ?? (await startAnew(places, start))
  const ended = new Promise<End>(resolve => {
    child.once('error', error => resolve({ how: messageOf(error), unfit: false }))
    child.once('exit', (code, signal) => {
      const how = signal === null ? `it ended with status ${code}` : `it was ended by ${signal}`
      resolve({ how, unfit: code === UNFIT_EXIT_STATUS })
    })
  })
  const id = await identify(child.pid ?? -1)
  await replaceFile(places.process, JSON.stringify(id))
  if (behind) await priority.lower(id.pid)
  return { id, ended }
}

/** The process that waited, if there is one. */
async function spared(
  places: ReplicaPlaces,
  { spare, tied, priority, behind }: Start,
): Promise<ChildProcess | undefined> {
  const child = await spare?.take({ spec: places.spec, tied }, places.log)
  if (behind && child?.pid !== undefined) await priority.lowerThreads(child.pid)
  return child
}

function startAnew(
  places: ReplicaPlaces,
  { command, tied, priority, behind, compiled }: Start,
): Promise<ChildProcess> {
  const whole = [...command, 'replica', '--spec', places.spec, ...(tied ? ['--tied'] : [])]
  return startDetached(behind ? priority.command(whole) : whole, places.log, {
    tied,
    ...(compiled !== undefined && { env: { NODE_COMPILE_CACHE: compiled } }),
  })
}

/** A process that an earlier host started for this very replica, if it still runs. */
export async function adoptReplica(places: ReplicaPlaces, stop: AbortSignal): Promise<Running | undefined> {
  const id = readProcess(await readFile(places.process, 'utf8').catch(() => ''))
  if (id === undefined || !(await isAlive(id))) return undefined
  return { id, ended: untilGone(id, stop) }
}

/** For a process that is no child of ours. */
async function untilGone(id: ProcessId, stop: AbortSignal): Promise<End> {
  while (!stop.aborted && (await isAlive(id))) await sleep(LOOK_MS, stop)
  return { how: 'it ended', unfit: false }
}
