import type { RoutingTable } from '../../api/index.ts'
import { BallastError, digestOf, hexOf, messageOf } from '../../core/index.ts'
import type { GatewayState, LocalHost, LocalReplica } from '../../inference/index.ts'
import type { Prepared } from './prepare.ts'

/** A served version of a model, or one on its way. */
interface Entry {
  readonly name: string
  readonly versionNumber: number
  readonly replica: LocalReplica
}

/** Without an address while it is started again. */
interface Reachable {
  readonly entry: Entry
  readonly address: LocalHost['states'][number]['address']
}

export interface Failure {
  readonly name: string
  readonly version: number | undefined
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
}

/** What is known of a version. */
export interface ServedVersion {
  readonly name: string
  readonly version: number
  readonly phase: string
  readonly reason: string | undefined
}

/** Nobody takes this door's table away: there is no control plane that could fall silent. */
const FOR_GOOD_MS = Number.MAX_SAFE_INTEGER

/**
 * The models of `ballast serve`: which are wanted, and the table by which its gateway finds them. A model's newest
 * version that is ready answers; the others answer by their numbers.
 */
export class ServedModels {
  readonly #state: GatewayState
  readonly #token: string | undefined
  readonly #idleMs: number | undefined
  readonly #waiting = new Set<() => void>()
  /** Replicas that could be asked once. */
  #reached: ReadonlySet<string> = new Set()
  #host: LocalHost | undefined
  #entries: readonly Entry[] = []
  #revision = 0
  #started = 0

  constructor(state: GatewayState, options: { readonly token?: string; readonly idleMs?: number }) {
    this.#state = state
    this.#token = options.token
    this.#idleMs = options.idleMs
    state.heard()
  }

  /** The host that keeps their replicas; tell `changed` what it tells. */
  attach(host: LocalHost): void {
    this.#host = host
    this.changed()
  }

  get versions(): readonly ServedVersion[] {
    return this.#entries.map(entry => {
      const state = this.#stateOf(entry)
      const { name, versionNumber: version } = entry
      return { name, version, phase: state?.phase ?? 'starting', reason: state?.reason }
    })
  }

  /**
   * Wants a version; gives how it came out, when it is ready or failed. Until it is ready, what it replaces answers, and
   * for good where it fails.
   */
  async add(
    name: string,
    versionNumber: number,
    prepared: Prepared,
    replaced?: { readonly name: string; readonly number: number },
  ): Promise<ServedVersion> {
    const before = this.#entries.filter(
      entry => entry.name === replaced?.name && entry.versionNumber === replaced.number,
    )
    const entry = this.#entryOf(name, versionNumber, prepared)
    this.#entries = [...this.#entries, entry]
    await this.#want()
    const phase = await this.#settled(entry)
    const { reason } = this.#stateOf(entry) ?? {}
    const gone = phase === 'failed' ? [entry] : before
    this.#entries = this.#entries.filter(each => !gone.includes(each))
    await this.#want()
    return { name, version: versionNumber, phase, reason }
  }

  /** No longer wanted: what it was asked is answered. */
  async remove(name: string, versionNumber: number): Promise<void> {
    this.#entries = this.#entries.filter(
      entry => entry.name !== name || entry.versionNumber !== versionNumber,
    )
    await this.#want()
  }

  /** A replica's state is another. */
  changed(): void {
    this.#state.apply(this.#table())
    for (const look of this.#waiting) look()
  }

  async #want(): Promise<void> {
    // First the table: what leaves is asked no more before it ends.
    this.changed()
    await this.#host?.want(this.#entries.map(({ replica }) => replica))
  }

  #entryOf(name: string, versionNumber: number, prepared: Prepared): Entry {
    const { config, modelPath, bytes, serving, check } = prepared
    const idle = this.#idleMs === undefined ? {} : { idleMs: this.#idleMs }
    // A version that is loaded anew, of a changed file, is another replica beside the old one.
    const id = `${name}.${versionNumber}.${++this.#started}`
    const replica: LocalReplica = {
      replica: id,
      version: id,
      versionNumber,
      model: name,
      config,
      modelPath,
      bytes,
      check,
      serving: { ...serving, ...idle },
    }
    return { name, versionNumber, replica }
  }

  #settled(entry: Entry): Promise<string> {
    return new Promise(resolve => {
      const look = (): void => {
        const phase = this.#stateOf(entry)?.phase
        if (phase !== 'ready' && phase !== 'parked' && phase !== 'failed') return
        this.#waiting.delete(look)
        resolve(phase)
      }
      this.#waiting.add(look)
      look()
    })
  }

  #stateOf(entry: Entry): LocalHost['states'][number] | undefined {
    return this.#host?.states.find(({ replica }) => replica === entry.replica.replica)
  }

  /** What can be asked now, or could before it fell; what is wanted no more is forgotten. */
  #reachedNow(): ReadonlySet<string> {
    const wanted = this.#entries.filter(entry => {
      const phase = this.#stateOf(entry)?.phase
      return phase === 'ready' || phase === 'parked' || this.#reached.has(entry.replica.replica)
    })
    return new Set(wanted.map(({ replica }) => replica.replica))
  }

  #table(): RoutingTable {
    this.#reached = this.#reachedNow()
    const routes = [...Map.groupBy(this.#entries, ({ name }) => name)].map(([model, entries]) => {
      const versions = this.#versionsOf(entries)
      const [newest, ...others] = versions
      return {
        model,
        environment: 'production',
        project: 'local',
        predictions: this.#token === undefined ? ('public' as const) : ('token' as const),
        control: true,
        arms: newest === undefined ? [] : [{ ...newest, arm: 'stable' as const, weight: 1 }],
        standby: others,
      }
    })
    const tokens = this.#token === undefined ? [] : [{ hash: hexOf(digestOf(this.#token)) }]
    return { revision: ++this.#revision, leaseMs: FOR_GOOD_MS, routes, tokens }
  }

  /**
   * Those that can be asked, the newest first; of one number, the replica that became ready last. One that fell has no
   * address until it is back: who asks for it meanwhile waits.
   */
  #versionsOf(entries: readonly Entry[]) {
    const reachable = entries.flatMap((entry): readonly Reachable[] => {
      const { phase, address } = this.#stateOf(entry) ?? {}
      if ((phase === 'ready' || phase === 'parked') && address !== undefined) return [{ entry, address }]
      const back = phase !== 'failed' && this.#reached.has(entry.replica.replica)
      return back ? [{ entry, address: undefined }] : []
    })
    const byNumber = new Map(reachable.map(each => [each.entry.versionNumber, each]))
    return [...byNumber.values()]
      .toSorted((a, b) => b.entry.versionNumber - a.entry.versionNumber)
      .map(({ entry: { replica, versionNumber }, address }) => ({
        version: replica.version,
        versionNumber,
        replicas: address === undefined ? [] : [{ replica: replica.replica, address }],
      }))
  }
}

export function failureOf(name: string, version: number | undefined, error: unknown): Failure {
  const known = error instanceof BallastError
  return {
    name,
    version,
    code: known ? String(error.code) : 'INTERNAL',
    message: messageOf(error),
    hint: known ? error.hint : undefined,
  }
}
