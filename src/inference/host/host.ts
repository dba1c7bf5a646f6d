import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { type HostReport, type WantedReplica, type WantedSet, wantedSetSchema } from '../../api/index.ts'
import {
  canonicalJson,
  createLogger,
  type Logger,
  messageOf,
  replaceFile,
  systemCode,
} from '../../core/index.ts'
import { followEvents, Reporter, sleep } from '../agents/index.ts'
import { BlobCache } from './blobs.ts'
import { Keeper, type KeeperContext, type Reported } from './keeper.ts'
import { Places } from './places.ts'
import { endProcess, isAlive, readProcess } from './processes.ts'

export interface HostOptions {
  /** The control plane, without a slash at the end. */
  readonly serverUrl: string
  /** Of scope agent:host. */
  readonly token: string
  readonly dataDir: string
  readonly name: string
  /** What starts `ballast`, such as `[process.execPath, script]`: a replica is this with `replica --spec FILE`. */
  readonly command: readonly string[]
  /** Within one run of a model; default a quarter of the processors, at least 1. */
  readonly threads?: number
  /** From no longer wanted to being asked to end: gateways have the new table by then. */
  readonly drainGraceMs?: number
  readonly logger?: Logger
}

export interface RunningHost {
  readonly replicas: readonly Reported[]
  /** Ends the replicas, or with `keep` leaves them to serve on until the next host takes them over. */
  close(options?: { readonly keep?: boolean }): Promise<void>
}

const SILENCE_MS = 10_000
const REPORT_MS = 50
const REPORT_AT_LEAST_MS = 5000
const DRAIN_GRACE_MS = 2000
/** An ended replica is told for this long. */
const TELL_ENDED_MS = 10_000
const COLLECT_MS = 3_600_000

/**
 * Runs on this machine the replicas that the control plane wants: takes over those that run already, starts the
 * missing, ends the rest. Works on by its last wanted set while the control plane is away.
 */
export async function runHost(options: HostOptions): Promise<RunningHost> {
  const host = new Host(options)
  await host.start()
  return host
}

class Host implements RunningHost {
  readonly #options: HostOptions
  readonly #logger: Logger
  readonly #places: Places
  readonly #blobs: BlobCache
  readonly #context: KeeperContext
  readonly #reporter: Reporter
  readonly #stop = new AbortController()
  readonly #keepers = new Map<string, Keeper>()
  /** Those that run on for their grace, by replica: aborting it lets one stay. */
  readonly #leaving = new Map<string, AbortController>()
  readonly #ended = new Map<string, Reported>()
  /** Wanted sets are applied one after the other. */
  #applying: Promise<void> = Promise.resolve()
  #collecting: NodeJS.Timeout | undefined

  constructor(options: HostOptions) {
    this.#options = options
    this.#logger = options.logger ?? createLogger('host')
    this.#places = new Places(options.dataDir)
    this.#blobs = new BlobCache({ ...options, folder: options.dataDir })
    this.#reporter = new Reporter({
      url: `${options.serverUrl}/api/v1/agents/host/report`,
      token: options.token,
      everyMs: REPORT_MS,
      atLeastMs: REPORT_AT_LEAST_MS,
      logger: this.#logger,
      make: () => this.#report(),
    })
    this.#context = {
      places: this.#places,
      blobs: this.#blobs,
      command: options.command,
      threads: options.threads ?? Math.max(1, Math.floor(availableParallelism() / 4)),
      logger: this.#logger,
      onChange: () => this.#reporter.changed('now'),
    }
  }

  get replicas(): readonly Reported[] {
    return [...this.#keepers.values()].map(keeper => keeper.state)
  }

  async start(): Promise<void> {
    const { dataDir, serverUrl, token } = this.#options
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await mkdir(this.#places.replicas, { recursive: true, mode: 0o700 })
    await this.#blobs.open()
    const kept = await this.#kept()
    if (kept !== undefined) await this.#apply(kept)
    void followEvents({
      url: `${serverUrl}/api/v1/agents/host/stream`,
      token,
      signal: this.#stop.signal,
      silenceMs: SILENCE_MS,
      onEvent: ({ data }) => this.#take(data),
      onProblem: reason =>
        this.#logger.warn({ reason }, 'no word from the control plane; keeping the last wanted set'),
    })
    this.#collecting = setInterval(() => void this.#collect(), COLLECT_MS)
  }

  async close({ keep = false }: { readonly keep?: boolean } = {}): Promise<void> {
    this.#stop.abort()
    clearInterval(this.#collecting)
    for (const leaving of this.#leaving.values()) leaving.abort()
    await this.#applying
    const keepers = [...this.#keepers.values()]
    await Promise.all(keepers.map(keeper => (keep ? keeper.leave() : keeper.end())))
    await this.#reporter.close()
  }

  #take(data: string): void {
    let wanted: WantedSet
    try {
      wanted = wantedSetSchema.parse(JSON.parse(data))
    } catch (error) {
      this.#logger.error({ reason: messageOf(error) }, 'a wanted set could not be read; the last one stays')
      return
    }
    this.#applying = this.#applying
      .then(async () => {
        if (this.#stop.signal.aborted) return
        await this.#apply(wanted)
        await replaceFile(this.#places.wanted, JSON.stringify(wanted))
      })
      .catch(error => this.#logger.error({ reason: messageOf(error) }, 'a wanted set could not be applied'))
  }

  async #apply(wanted: WantedSet): Promise<void> {
    const ids = new Set(wanted.replicas.map(({ replica }) => replica))
    for (const [id] of this.#keepers) if (!ids.has(id)) this.#leave(id)
    for (const replica of wanted.replicas) await this.#want(replica)
    await this.#endOrphans(ids)
    this.#reporter.changed('now')
  }

  async #want(wanted: WantedReplica): Promise<void> {
    const id = wanted.replica
    this.#leaving.get(id)?.abort()
    this.#leaving.delete(id)
    const known = this.#keepers.get(id)
    if (known !== undefined) {
      if (canonicalJson(known.wanted) === canonicalJson(wanted)) return
      this.#keepers.delete(id)
      await known.end()
    }
    this.#ended.delete(id)
    this.#keepers.set(id, new Keeper(wanted, this.#context))
  }

  /** Ends a replica after its grace, unless it is wanted again by then. */
  #leave(id: string): void {
    if (this.#leaving.has(id)) return
    const stay = new AbortController()
    this.#leaving.set(id, stay)
    void sleep(this.#options.drainGraceMs ?? DRAIN_GRACE_MS, stay.signal).then(async () => {
      const keeper = this.#keepers.get(id)
      if (stay.signal.aborted || keeper === undefined) return
      this.#leaving.delete(id)
      await keeper.end()
      if (this.#keepers.get(id) !== keeper) return
      this.#keepers.delete(id)
      this.#ended.set(id, keeper.state)
      this.#reporter.changed('now')
      setTimeout(() => this.#ended.delete(id), TELL_ENDED_MS).unref()
    })
  }

  /** Replicas of an earlier host that are wanted no more. */
  async #endOrphans(wanted: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#places.replicas)) {
      const id = decodeURIComponent(name)
      if (wanted.has(id) || this.#keepers.has(id)) continue
      const places = this.#places.replica(id)
      const running = readProcess(await readFile(places.process, 'utf8').catch(() => ''))
      if (running !== undefined && (await isAlive(running))) {
        this.#logger.info({ replica: id, pid: running.pid }, 'ending a replica that is wanted no more')
        await endProcess(running)
      }
      await rm(places.folder, { recursive: true, force: true })
    }
  }

  async #kept(): Promise<WantedSet | undefined> {
    try {
      return wantedSetSchema.parse(JSON.parse(await readFile(this.#places.wanted, 'utf8')))
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') {
        this.#logger.warn({ reason: messageOf(error) }, 'the kept wanted set could not be read')
      }
      return undefined
    }
  }

  async #report(): Promise<HostReport> {
    const replicas = await Promise.all([...this.#keepers.values()].map(keeper => keeper.report()))
    return { host: this.#options.name, replicas: [...replicas, ...this.#ended.values()] }
  }

  async #collect(): Promise<void> {
    const wanted = [...this.#keepers.values()].map(keeper => keeper.wanted)
    const digests = wanted.flatMap(({ files }) => files.map(({ digest }) => digest))
    try {
      await this.#blobs.collect({
        versions: new Set(wanted.map(({ version }) => version)),
        digests: new Set(digests),
      })
    } catch (error) {
      this.#logger.warn({ reason: messageOf(error) }, 'unused files could not be removed')
    }
  }
}
