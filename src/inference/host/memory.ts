import { formatSize, type Milliseconds } from '../../core/index.ts'
import { sleep } from '../agents/index.ts'
import type { Usage } from '../frames/index.ts'

/** One that was just started serves for this long at least: else two that are wanted in turn would only start. */
const LEAST_STAY_MS: Milliseconds = 1000
/** How often a start that waits for memory looks again. */
const LOOK_MS: Milliseconds = 200

/** Who takes memory, and may be asked to give it back. */
export interface Tenant {
  readonly name: string
  /** Of its process; undefined where it has none. */
  residentBytes(): Promise<number | undefined>
  /** Undefined while it can't sleep: it starts, sleeps already, or a rollout judges it. */
  usage(): Promise<Usage | undefined>
  /** Whether it sleeps by now. */
  park(): Promise<boolean>
}

/** Keeps what replicas take together within a budget: who was used least lately sleeps, so that another can start. */
export class Memory {
  readonly #budget: number
  readonly #tenants = new Set<Tenant>()
  /** Of those that start: what they will take. */
  readonly #reserved = new Map<Tenant, number>()
  /** One looks for room at a time. */
  #turn: Promise<void> = Promise.resolve()

  /** `budget`: bytes; Infinity for none. */
  constructor(budget: number) {
    this.#budget = budget
  }

  add(tenant: Tenant): void {
    this.#tenants.add(tenant)
  }

  remove(tenant: Tenant): void {
    this.#tenants.delete(tenant)
    this.#reserved.delete(tenant)
  }

  /**
   * Waits until `bytes` more may be taken, and holds them for `tenant` until `settle`. Nobody with requests under way
   * is put to sleep; where nobody else is awake, any size may start. `waits` is told why it takes time. A small one may
   * pass a large one that waits.
   */
  async admit(
    tenant: Tenant,
    bytes: number,
    signal: AbortSignal,
    waits: (reason: string) => void,
  ): Promise<void> {
    if (this.#budget === Number.POSITIVE_INFINITY) return
    while (!signal.aborted) {
      const used = await this.#inTurn(() => this.#attempt(tenant, bytes))
      if (used === undefined) return
      waits(
        `waits for memory: ${formatSize(used)} of ${formatSize(this.#budget)} are taken, ${formatSize(bytes)} are needed, and those that serve are in use`,
      )
      await sleep(LOOK_MS, signal)
    }
  }

  /** It is ready, or gave up: what it takes is measured from now on. */
  settle(tenant: Tenant): void {
    this.#reserved.delete(tenant)
  }

  /** Where more is taken than was expected, those that are idle sleep, the longest idle first. */
  shrink(): Promise<void> {
    if (this.#budget === Number.POSITIVE_INFINITY) return Promise.resolve()
    return this.#inTurn(async () => {
      for (;;) {
        const taken = await this.#taken()
        const used = taken.reduce((sum, each) => sum + each.bytes, 0)
        if (used <= this.#budget || taken.length < 2 || !(await this.#parkOne(taken, 0))) return
      }
    })
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work)
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }

  /** Undefined when there is room, and is held now; else the bytes that are taken. */
  async #attempt(tenant: Tenant, bytes: number): Promise<number | undefined> {
    for (;;) {
      const taken = await this.#taken(tenant)
      const used = taken.reduce((sum, each) => sum + each.bytes, 0)
      if (taken.length === 0 || used + bytes <= this.#budget) {
        this.#reserved.set(tenant, bytes)
        return undefined
      }
      if (!(await this.#parkOne(taken, used + bytes - this.#budget))) return used
    }
  }

  async #taken(except?: Tenant): Promise<readonly Taken[]> {
    const all = await Promise.all(
      [...this.#tenants].map(async tenant => {
        const resident = (await tenant.residentBytes()) ?? 0
        return { tenant, bytes: Math.max(resident, this.#reserved.get(tenant) ?? 0) }
      }),
    )
    return all.filter(({ tenant, bytes }) => tenant !== except && bytes > 0)
  }

  /** Puts the one to sleep that was idle longest; nobody, where all who may sleep would not be enough. */
  async #parkOne(taken: readonly Taken[], missing: number): Promise<boolean> {
    const found = await Promise.all(taken.map(async each => ({ ...each, usage: await each.tenant.usage() })))
    const idle = found.filter(
      ({ usage }) => usage !== undefined && usage.inFlight === 0 && usage.idleMs >= LEAST_STAY_MS,
    )
    // Alone, a model of any size may start.
    const enough = idle.length === taken.length || idle.reduce((sum, { bytes }) => sum + bytes, 0) >= missing
    if (!enough) return false
    const [first] = idle.toSorted((a, b) => b.usage!.idleMs - a.usage!.idleMs)
    return first !== undefined && (await first.tenant.park())
  }
}

interface Taken {
  readonly tenant: Tenant
  readonly bytes: number
}
