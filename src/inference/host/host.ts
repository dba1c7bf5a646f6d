import { mkdir, readFile } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { type HostReport, type WantedReplica, type WantedSet, wantedSetSchema } from '../../api/index.ts'
import { createLogger, type Logger, messageOf, replaceFile, systemCode } from '../../core/index.ts'
import { followEvents, Reporter } from '../agents/index.ts'
import { BlobCache } from './blobs/cache.ts'
import { layoutOf } from './form.ts'
import type { Reported } from './keeper.ts'
import { Memory } from './memory.ts'
import { Places } from './places.ts'
import { StartPriority } from './priority.ts'
import { Residents } from './residents.ts'
import { Spare } from './spare.ts'
import { Turns } from './turns.ts'

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
  /** Bytes that its replicas may take together; default three quarters of the control group's limit, if it has one. */
  readonly memoryBytes?: number
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
/** Of a control group's limit; the rest is for the host itself, and for what files are read through. */
const PART_OF_LIMIT = 0.75
const COLLECT_MS = 3_600_000

/**
 * Runs on this machine the replicas that the control plane wants: takes over those that run already, starts the
 * missing, ends the rest. Works on by its last wanted set while the control plane is away.
 */
export async function runHost(options: HostOptions): Promise<RunningHost> {
  const host = new Host(options, await StartPriority.detect())
  await host.start()
  return host
}

class Host implements RunningHost {
  readonly #options: HostOptions
  readonly #logger: Logger
  readonly #places: Places
  readonly #blobs: BlobCache
  readonly #residents: Residents
  readonly #spare: Spare
  readonly #reporter: Reporter
  readonly #stop = new AbortController()
  /** Wanted sets are applied one after the other. */
  #applying: Promise<void> = Promise.resolve()
  #collecting: NodeJS.Timeout | undefined

  constructor(options: HostOptions, priority: StartPriority) {
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
      make: async (): Promise<HostReport> => ({
        host: options.name,
        replicas: await this.#residents.report(),
      }),
    })
    this.#spare = new Spare({
      command: options.command,
      env: { NODE_COMPILE_CACHE: this.#places.compiled },
      folder: this.#places.spare,
      logger: this.#logger,
    })
    this.#residents = new Residents({
      places: this.#places,
      modelPath: async wanted =>
        join(await this.#blobs.layOut(layoutOf(wanted), wanted.files), modelFileOf(wanted)),
      start: {
        command: options.command,
        tied: false,
        priority,
        compiled: this.#places.compiled,
        spare: this.#spare,
      },
      threads: options.threads ?? defaultThreads(),
      memory: new Memory(options.memoryBytes ?? defaultMemory()),
      turns: new Turns(),
      drainGraceMs: options.drainGraceMs ?? DRAIN_GRACE_MS,
      logger: this.#logger,
      onChange: () => this.#reporter.changed('now'),
    })
  }

  get replicas(): readonly Reported[] {
    return this.#residents.states
  }

  async start(): Promise<void> {
    const { dataDir, serverUrl, token } = this.#options
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await this.#residents.open()
    await this.#blobs.open()
    const kept = await this.#kept()
    if (kept !== undefined) await this.#residents.apply(kept.replicas)
    this.#spare.prepare()
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
    await this.#applying
    await this.#residents.close(keep)
    await this.#spare.close()
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
        await this.#residents.apply(wanted.replicas)
        await replaceFile(this.#places.wanted, JSON.stringify(wanted))
      })
      .catch(error => this.#logger.error({ reason: messageOf(error) }, 'a wanted set could not be applied'))
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

  async #collect(): Promise<void> {
    const { wanted } = this.#residents
    const digests = wanted.flatMap(({ files, variant }) =>
      [...files, ...(variant?.files ?? [])].map(({ digest }) => digest),
    )
    try {
      await this.#blobs.collect({
        versions: new Set(wanted.flatMap(each => [each.version, layoutOf(each)])),
        digests: new Set(digests),
      })
    } catch (error) {
      this.#logger.warn({ reason: messageOf(error) }, 'unused files could not be removed')
    }
  }
}

/** The file to load: the only ONNX file, or the one named model.onnx; others are its external data. */
function modelFileOf({ files }: WantedReplica): string {
  const models = files.filter(({ name }) => name.endsWith('.onnx'))
  const chosen = models.find(({ name }) => name === 'model.onnx') ?? models[0] ?? files[0]
  return chosen?.name ?? 'model.onnx'
}

export function defaultThreads(): number {
  return Math.max(1, Math.floor(availableParallelism() / 4))
}

/** Where a control group's limit ends processes, sleep comes before that; a whole machine has its swap and its owner. */
function defaultMemory(): number {
  const limit = process.constrainedMemory()
  return limit > 0 && limit < totalmem() ? limit * PART_OF_LIMIT : Number.POSITIVE_INFINITY
}
