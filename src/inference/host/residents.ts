import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import type { WantedReplica } from '../../api/index.ts'
import { canonicalJson, type Logger, type Milliseconds } from '../../core/index.ts'
import { sleep } from '../agents/index.ts'
import { Keeper, type KeeperContext, type Reported } from './keeper.ts'
import { endProcess, isAlive, readProcess } from './processes.ts'

export interface ResidentsOptions extends Omit<KeeperContext, 'serving'> {
  /** From no longer wanted to being asked to end: gateways have the new table by then. */
  readonly drainGraceMs: Milliseconds
}

/** An ended replica is told for this long. */
const TELL_ENDED_MS = 10_000
/** Models grow with the requests that they take. */
const SHRINK_MS = 5000

/** The replicas of this machine: those that are wanted, and those that are about to end. */
export class Residents {
  readonly #options: ResidentsOptions
  readonly #context: KeeperContext
  readonly #logger: Logger
  readonly #keepers = new Map<string, Keeper>()
  /** Those that run on for their grace, by replica: aborting it lets one stay. */
  readonly #leaving = new Map<string, AbortController>()
  readonly #ended = new Map<string, Reported>()
  #shrinking: NodeJS.Timeout | undefined

  constructor(options: ResidentsOptions) {
    this.#options = options
    this.#context = { ...options, serving: () => this.states.some(({ phase }) => phase === 'ready') }
    this.#logger = options.logger
  }

  async open(): Promise<void> {
    await mkdir(this.#options.places.replicas, { recursive: true, mode: 0o700 })
    this.#shrinking = setInterval(() => void this.#options.memory.shrink(), SHRINK_MS)
  }

  get wanted(): readonly WantedReplica[] {
    return [...this.#keepers.values()].map(keeper => keeper.wanted)
  }

  get states(): readonly Reported[] {
    return [...this.#keepers.values()].map(keeper => keeper.state)
  }

  /** With what each takes in memory, and those that ended lately. */
  async report(): Promise<Reported[]> {
    const replicas = await Promise.all([...this.#keepers.values()].map(keeper => keeper.report()))
    return [...replicas, ...this.#ended.values()]
  }

  /** Takes over those that run already, starts the missing, ends the rest. One call at a time. */
  async apply(wanted: readonly WantedReplica[]): Promise<void> {
    const ids = new Set(wanted.map(({ replica }) => replica))
    for (const [id] of this.#keepers) if (!ids.has(id)) this.#leave(id)
    for (const replica of wanted) await this.#want(replica)
    await this.#endOrphans(ids)
    this.#options.onChange()
  }

  /** Lets a replica sleep; false where it can't now. */
  async park(id: string): Promise<boolean> {
    return (await this.#keepers.get(id)?.park()) ?? false
  }

  /** Ends the replicas, or with `keep` leaves them to serve on until the next host takes them over. */
  async close(keep: boolean): Promise<void> {
    clearInterval(this.#shrinking)
    for (const leaving of this.#leaving.values()) leaving.abort()
    const keepers = [...this.#keepers.values()]
    await Promise.all(keepers.map(keeper => (keep ? keeper.leave() : keeper.end())))
  }

  async #want(wanted: WantedReplica): Promise<void> {
    const id = wanted.replica
    this.#leaving.get(id)?.abort()
    this.#leaving.delete(id)
    const known = this.#keepers.get(id)
    if (known !== undefined) {
      if (sameProcess(known.wanted, wanted)) {
        known.update(wanted)
        return
      }
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
    void sleep(this.#options.drainGraceMs, stay.signal).then(async () => {
      const keeper = this.#keepers.get(id)
      if (stay.signal.aborted || keeper === undefined) return
      this.#leaving.delete(id)
      await keeper.end()
      if (this.#keepers.get(id) !== keeper) return
      this.#keepers.delete(id)
      this.#ended.set(id, keeper.state)
      this.#options.onChange()
      setTimeout(() => this.#ended.delete(id), TELL_ENDED_MS).unref()
    })
  }

  /** Replicas of an earlier host that are wanted no more. */
  async #endOrphans(wanted: ReadonlySet<string>): Promise<void> {
    const { places } = this.#options
    for (const name of await readdir(places.replicas)) {
      const id = decodeURIComponent(name)
      if (wanted.has(id) || this.#keepers.has(id)) continue
      const { folder, process } = places.replica(id)
      const running = readProcess(await readFile(process, 'utf8').catch(() => ''))
      if (running !== undefined && (await isAlive(running))) {
        this.#logger.info({ replica: id, pid: running.pid }, 'ending a replica that is wanted no more')
        await endProcess(running)
      }
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/**
 * Whether a process that runs may stay: when it may sleep is its host's matter alone, and another form of the version
 * comes with its next start, since ending one that serves would leave its requests to nobody.
 */
function sameProcess(a: WantedReplica, b: WantedReplica): boolean {
  return canonicalJson(processPart(a)) === canonicalJson(processPart(b))
}

function processPart({ judged: _, variant: __, serving, ...rest }: WantedReplica): unknown {
  const { idleMs: ___, ...others } = serving ?? {}
  return { ...rest, serving: others }
}
