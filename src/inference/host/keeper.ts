import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Address, HostReport, WantedReplica } from '../../api/index.ts'
import { type Logger, messageOf, replaceFile } from '../../core/index.ts'
import { sleep } from '../agents/index.ts'
import { type ReplicaSpecInput, UNFIT_EXIT_STATUS } from '../replica/index.ts'
import type { BlobCache } from './blobs.ts'
import { statusOf } from './handshake.ts'
import type { Places } from './places.ts'
import {
  endProcess,
  identify,
  isAlive,
  type ProcessId,
  readProcess,
  residentBytes,
  startDetached,
  tailOf,
} from './processes.ts'

export type Reported = HostReport['replicas'][number]

/** Starts that may end before the first ready one; then the version counts as failed. */
const MAX_STARTS = 3
const FIRST_PAUSE_MS = 200
const LAST_PAUSE_MS = 30_000
/** A replica that served this long is started again as if it were new. */
const SETTLED_MS = 10_000
/** Loading and warming a large model may take minutes. */
const START_LIMIT_MS = 600_000
/** How often a process is looked at, where nothing tells that it ended. */
const LOOK_MS = 100

export interface KeeperContext {
  readonly places: Places
  readonly blobs: BlobCache
  /** What starts a replica, but for the path of its specification. */
  readonly command: readonly string[]
  readonly threads: number
  readonly logger: Logger
  readonly onChange: () => void
}

interface Running {
  readonly id: ProcessId
  readonly ended: Promise<End>
}

/** How a replica's process came to its end. */
interface End {
  readonly how: string
  readonly unfit: boolean
}

/**
 * Keeps one wanted replica: fetches its files, starts it (or takes over one that runs), watches it, and starts it
 * again after a growing pause when it ends unasked.
 *
 *   fetching -> starting -> ready -> starting …        ended, when it is no longer wanted
 *                       \-> failed                     unfit, or MAX_STARTS ends before it was ever ready
 */
export class Keeper {
  readonly wanted: WantedReplica
  readonly #context: KeeperContext
  readonly #stop = new AbortController()
  #state: Reported
  #process: ProcessId | undefined
  readonly #work: Promise<void>

  constructor(wanted: WantedReplica, context: KeeperContext) {
    this.wanted = wanted
    this.#context = context
    this.#state = { replica: wanted.replica, version: wanted.version, phase: 'fetching' }
    this.#work = this.#keep().catch(error => {
      context.logger.error({ replica: wanted.replica, reason: messageOf(error) }, 'a replica is given up')
      this.#set({ phase: 'failed', reason: messageOf(error) })
    })
  }

  get state(): Reported {
    return this.#state
  }

  /** With what it takes in memory now. */
  async report(): Promise<Reported> {
    const rssBytes = this.#process && (await residentBytes(this.#process.pid))
    return rssBytes === undefined ? this.#state : { ...this.#state, rssBytes }
  }

  /** Ends the replica once it has answered what it has, and removes its traces. */
  async end(): Promise<void> {
    this.#stop.abort()
    await this.#work
    if (this.#process !== undefined) await endProcess(this.#process)
    this.#set({ phase: 'ended' })
    await rm(this.#context.places.replica(this.wanted.replica).folder, { recursive: true, force: true })
  }

  /** Watches it no longer; it serves on. */
  async leave(): Promise<void> {
    this.#stop.abort()
    await this.#work
  }

  async #keep(): Promise<void> {
    let starts = 0
    let pause = FIRST_PAUSE_MS
    let everReady = false
    let running = await this.#adopted()
    while (!this.#stop.signal.aborted) {
      if (running === undefined) {
        const spec = await this.#specify()
        if (spec === undefined) return
        starts++
        running = await this.#start(spec)
      }
      this.#process = running.id
      const readyAt = await this.#whenReady(running)
      everReady ||= readyAt !== undefined
      const end = await Promise.race([running.ended, aborted(this.#stop.signal)])
      if (end === undefined) return
      this.#process = undefined
      running = undefined
      const reason = await this.#reasonOf(end.how)
      this.#context.logger.warn({ replica: this.wanted.replica, reason }, 'a replica ended unasked')
      if (end.unfit || (!everReady && starts >= MAX_STARTS)) {
        this.#set({ phase: 'failed', reason })
        return
      }
      this.#set({ phase: 'starting', reason })
      if (readyAt !== undefined && performance.now() - readyAt > SETTLED_MS) pause = FIRST_PAUSE_MS
      await sleep(pause, this.#stop.signal)
      pause = Math.min(pause * 2, LAST_PAUSE_MS)
    }
  }

  /** A process that an earlier host started for this very replica, if it still runs. */
  async #adopted(): Promise<Running | undefined> {
    const text = await readFile(this.#places.process, 'utf8').catch(() => undefined)
    if (text === undefined) return undefined
    const id = readProcess(text)
    if (id === undefined || !(await isAlive(id))) return undefined
    this.#context.logger.info({ replica: this.wanted.replica, pid: id.pid }, 'took over a running replica')
    this.#set({ phase: 'starting', pid: id.pid })
    return { id, ended: this.#untilGone(id) }
  }

  /** Files on disk and specification written; tried until it works. Undefined when it is no longer wanted. */
  async #specify(): Promise<string | undefined> {
    const { blobs, places, threads } = this.#context
    const { replica, version, versionNumber, model, config, files, reference } = this.wanted
    let pause = FIRST_PAUSE_MS
    while (!this.#stop.signal.aborted) {
      try {
        const folder = await blobs.layOut(version, files)
        const spec: ReplicaSpecInput = {
          replica,
          version,
          versionNumber,
          model,
          config,
          socketPath: await places.socket(replica),
          modelPath: join(folder, modelFileOf(this.wanted)),
          threads,
          ...(reference && { reference }),
        }
        await mkdir(this.#places.folder, { recursive: true, mode: 0o700 })
        await replaceFile(this.#places.spec, JSON.stringify(spec))
        return this.#places.spec
      } catch (error) {
        this.#set({ phase: 'fetching', reason: messageOf(error) })
        this.#context.logger.warn({ replica, reason: messageOf(error) }, 'a replica can not be prepared yet')
        await sleep(pause, this.#stop.signal)
        pause = Math.min(pause * 2, LAST_PAUSE_MS)
      }
    }
    return undefined
  }

  async #start(spec: string): Promise<Running> {
    const { command } = this.#context
    const child = await startDetached([...command, 'replica', '--spec', spec], this.#places.log)
    const ended = new Promise<End>(resolve => {
      child.once('error', error => resolve({ how: messageOf(error), unfit: false }))
      child.once('exit', (code, signal) => {
        const how = signal === null ? `it ended with status ${code}` : `it was ended by ${signal}`
        resolve({ how, unfit: code === UNFIT_EXIT_STATUS })
      })
    })
    const id = await identify(child.pid ?? -1)
    await replaceFile(this.#places.process, JSON.stringify(id))
    this.#set({ phase: 'starting', ...(child.pid === undefined ? {} : { pid: child.pid }) })
    return { id, ended }
  }

  /** Connects until the replica answers as the one that is wanted. Undefined when it ended before. */
  async #whenReady({ id, ended }: Running): Promise<number | undefined> {
    const { replica, version } = this.wanted
    const started = performance.now()
    const address: Address = { kind: 'unix', path: await this.#context.places.socket(replica) }
    let gone = false
    void ended.then(() => {
      gone = true
    })
    while (!gone && !this.#stop.signal.aborted) {
      const status = await statusOf(address)
      if (status?.replica === replica && status.pid === id.pid) {
        if (status.version === version) {
          this.#set({ phase: 'ready', address, pid: id.pid, warmMs: status.warmMs })
          return performance.now()
        }
        await endProcess(id)
      }
      if (performance.now() - started > START_LIMIT_MS) await endProcess(id)
      await sleep(20, this.#stop.signal)
    }
    return undefined
  }

  /** For a process that is no child of ours. */
  async #untilGone(id: ProcessId): Promise<End> {
    while (!this.#stop.signal.aborted && (await isAlive(id))) await sleep(LOOK_MS, this.#stop.signal)
    return { how: 'it ended', unfit: false }
  }

  async #reasonOf(how: string): Promise<string> {
    const lines = await tailOf(this.#places.log, 5)
    return lines === '' ? how : `${how}: ${lines}`
  }

  get #places(): ReturnType<Places['replica']> {
    return this.#context.places.replica(this.wanted.replica)
  }

  #set(change: Omit<Reported, 'replica' | 'version'>): void {
    const { replica, version } = this.wanted
    this.#state = { replica, version, ...change }
    this.#context.onChange()
  }
}

/** The file to load: the only ONNX file, or the one named model.onnx; others are its external data. */
function modelFileOf({ files }: WantedReplica): string {
  const models = files.filter(({ name }) => name.endsWith('.onnx'))
  const chosen = models.find(({ name }) => name === 'model.onnx') ?? models[0] ?? files[0]
  return chosen?.name ?? 'model.onnx'
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
