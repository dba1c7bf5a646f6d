import { watch } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Address, HostReport, WantedReplica } from '../../api/index.ts'
import { type Logger, messageOf } from '../../core/index.ts'
import { sleep } from '../agents/index.ts'
import { FrameClient, type Usage } from '../frames/index.ts'
import { type Parked, readParked } from '../replica/index.ts'
import { Form } from './form.ts'
import { statusOf } from './handshake.ts'
import type { Memory, Tenant } from './memory.ts'
import type { Places } from './places.ts'
import { endProcess, residentBytes, tailOf } from './processes.ts'
import { adoptReplica, type End, type Running, type Start, startReplica } from './running.ts'
import { Sleeper } from './sleeper.ts'
import { expectedBytes, type SpecificationContext, writeSpecification } from './specification.ts'
import { aborted, type Turns } from './turns.ts'

export type Reported = HostReport['replicas'][number]

/** Starts that may end before the first ready one; then the version counts as failed. */
const MAX_STARTS = 3
const FIRST_PAUSE_MS = 200
const LAST_PAUSE_MS = 30_000
/** A replica that served this long is started again as if it were new. */
const SETTLED_MS = 10_000
/** Loading and warming a large model may take minutes. */
const START_LIMIT_MS = 600_000
const UNLOAD_TIMEOUT_MS = 10_000

export interface KeeperContext extends SpecificationContext {
  readonly start: Omit<Start, 'behind'>
  readonly memory: Memory
  readonly turns: Turns
  /** Whether a replica serves that a start could disturb. */
  readonly serving: () => boolean
  readonly logger: Logger
  readonly onChange: () => void
}

/**
 * Keeps one wanted replica: fetches its files, starts it (or takes over one that runs), watches it, and starts it
 * again after a growing pause when it ends unasked. One that was unloaded sleeps until it is asked for.
 *
 *   fetching -> starting -> ready -> starting …        ended, when it is no longer wanted
 *                  ^  \      \-> parked                unloaded: idle, asked to, or for another's memory
 *                  |   \-> failed     |                unfit, or MAX_STARTS ends before it was ever ready;
 *                  |                  |                a variant that does so is dropped for its original
 *                  \------------------/                by the next request
 */
export class Keeper implements Tenant {
  #wanted: WantedReplica
  readonly #context: KeeperContext
  readonly #places: ReturnType<Places['replica']>
  readonly #stop = new AbortController()
  #state: Reported
  #running: Running | undefined
  readonly #form: Form
  #sleeper: Sleeper | undefined
  /** When the sleeper must wake. */
  #woken: PromiseWithResolvers<void> = Promise.withResolvers()
  #standing: Promise<void> | undefined
  /** What it took when it was last ready. */
  #bytes: number | undefined
  #endTurn: (() => void) | undefined
  readonly #work: Promise<void>

  constructor(wanted: WantedReplica, context: KeeperContext) {
    this.#wanted = wanted
    this.#context = context
    this.#places = context.places.replica(wanted.replica)
    this.#form = new Form(this.#places.fallback)
    this.#state = { replica: wanted.replica, version: wanted.version, phase: 'fetching' }
    context.memory.add(this)
    this.#work = this.#keep().catch(async error => {
      context.logger.error({ replica: wanted.replica, reason: messageOf(error) }, 'a replica is given up')
      await this.#giveUp(messageOf(error))
    })
  }

  get wanted(): WantedReplica {
    return this.#wanted
  }

  get name(): string {
    return this.#wanted.replica
  }

  get state(): Reported {
    return this.#state
  }

  /** Takes over what may change while it runs: when it may sleep. */
  update(wanted: WantedReplica): void {
    this.#wanted = wanted
    if (wanted.judged) this.#woken.resolve()
  }

  /** With what it takes in memory now. */
  async report(): Promise<Reported> {
    const rssBytes = await this.residentBytes()
    return rssBytes === undefined ? this.#state : { ...this.#state, rssBytes }
  }

  async residentBytes(): Promise<number | undefined> {
    const bytes = this.#running && (await residentBytes(this.#running.id.pid))
    if (bytes !== undefined && this.#state.phase === 'ready') this.#bytes = bytes
    return bytes
  }

  async usage(): Promise<Usage | undefined> {
    const { phase, address } = this.#state
    if (phase !== 'ready' || address === undefined || this.#wanted.judged) return undefined
    return statusOf(address)
  }

  /** Asks it to sleep; whether it does. What it was sent before is answered. */
  async park(): Promise<boolean> {
    const { phase, address } = this.#state
    const running = this.#running
    if (phase !== 'ready' || address === undefined || running === undefined) return false
    await this.residentBytes()
    try {
      const client = await FrameClient.open(address)
      const { status } = await client.request('unload', UNLOAD_TIMEOUT_MS).finally(() => client.close())
      if (status !== 200) return false
    } catch (error) {
      this.#context.logger.warn({ replica: this.name, reason: messageOf(error) }, 'a replica did not unload')
      return false
    }
    await running.ended
    return true
  }

  /** Ends the replica once it has answered what it has, and removes its traces. */
  async end(): Promise<void> {
    this.#stop.abort()
    await this.#work
    if (this.#running !== undefined) await endProcess(this.#running.id)
    await this.#sleeper?.close()
    this.#context.memory.remove(this)
    this.#set({ phase: 'ended' })
    await rm(this.#places.folder, { recursive: true, force: true })
  }

  /** Watches it no longer; it serves on, or sleeps on until another host wakes it. */
  async leave(): Promise<void> {
    this.#stop.abort()
    await this.#work
    await this.#sleeper?.close()
    this.#context.memory.remove(this)
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stop
    await this.#form.open()
    let [starts, falls] = [0, 0]
    let pause = FIRST_PAUSE_MS
    let everReady = false
    let running = await adoptReplica(this.#places, signal)
    if (running !== undefined) this.#adopted(running)
    while (!signal.aborted) {
      if (running === undefined) {
        everReady = (await this.#slept()) || everReady
        running = await this.#startInTurn(everReady)
        if (running === undefined) return
        starts++
      }
      const readyAt = await this.#whenReady(running)
      this.#context.memory.settle(this)
      void this.#context.memory.shrink()
      everReady ||= readyAt !== undefined
      const idle = new AbortController()
      if (readyAt !== undefined) {
        void this.#parkWhenIdle(AbortSignal.any([idle.signal, signal]))
        this.#standInFor(idle.signal)
      }
      const end = await Promise.race([running.ended, aborted(signal)])
      idle.abort()
      if (end === undefined) return
      this.#running = undefined
      running = undefined
      // One that failed while it woke is tried again: its mark is still there.
      const asked = readyAt !== undefined || starts === 0
      await this.#standing
      if (asked && (await this.#parked()) !== undefined) continue
      const reason = await this.#reasonOf(end)
      this.#context.logger.warn({ replica: this.name, reason }, 'a replica ended unasked')
      const settled = readyAt !== undefined && performance.now() - readyAt > SETTLED_MS
      falls = settled ? 1 : falls + 1
      if ((end.unfit || falls >= MAX_STARTS) && (await this.#fallBack(reason))) {
        ;[starts, falls, pause] = [0, 0, FIRST_PAUSE_MS]
        continue
      }
      if (end.unfit || (!everReady && starts >= MAX_STARTS)) {
        await this.#giveUp(reason)
        return
      }
      this.#starting({ reason })
      if (settled) pause = FIRST_PAUSE_MS
      await sleep(pause, signal)
      pause = Math.min(pause * 2, LAST_PAUSE_MS)
    }
  }

  #adopted(running: Running): void {
    this.#running = running
    this.#context.logger.info({ replica: this.name, pid: running.id.pid }, 'took over a running replica')
    this.#set({ phase: 'starting', pid: running.id.pid })
  }

  /** Sleeps where the last process was unloaded, until it is asked for; whether it slept. */
  async #slept(): Promise<boolean> {
    await this.#standIn()
    if (this.#sleeper === undefined) return false
    if (this.#wanted.judged) this.#woken.resolve()
    const path = await this.#context.places.socket(this.name)
    this.#set({ phase: 'parked', address: { kind: 'unix', path } })
    await Promise.race([this.#woken.promise, aborted(this.#stop.signal)])
    return true
  }

  /** Listens in the replica's stead as soon as it says that it sleeps: it waits for that before it ends. */
  #standInFor(signal: AbortSignal): void {
    const { folder, parked } = this.#places
    const watcher = watch(folder, { signal, persistent: false }, (_, name) => {
      if (name === basename(parked)) this.#standIn().catch(() => {})
    })
    // Without it, the sleeper comes when the process has ended.
    watcher.on('error', () => {})
  }

  /** Opens the sleeper, where the replica is one that sleeps. */
  #standIn(): Promise<void> {
    this.#standing ??= this.#openSleeper().finally(() => {
      this.#standing = undefined
    })
    return this.#standing
  }

  async #openSleeper(): Promise<void> {
    if (this.#sleeper !== undefined) return
    const parked = await this.#parked()
    if (parked === undefined) return
    this.#woken = Promise.withResolvers()
    this.#bytes ??= parked.residentBytes
    const path = await this.#context.places.socket(this.name)
    this.#sleeper = await Sleeper.open(path, parked, this.#woken.resolve)
  }

  async #parked(): Promise<Parked | undefined> {
    const parked = await readParked(this.#places.parked)
    return parked?.version === this.#wanted.version ? parked : undefined
  }

  /**
   * Undefined when it is no longer wanted. A first start waits for its turn and runs behind those that serve; one that
   * requests wait for does not. Both wait for memory.
   */
  async #startInTurn(known: boolean): Promise<Running | undefined> {
    const { memory, turns, start, serving } = this.#context
    const { signal } = this.#stop
    if (!(await this.#specify())) return undefined
    if (!known) this.#endTurn = await turns.take(signal)
    await memory.admit(this, this.#bytes ?? expectedBytes(this.#form.of(this.#wanted)), signal, reason => {
      if (this.#state.reason === undefined) this.#starting({ reason })
    })
    if (signal.aborted) {
      this.#endTurn?.()
      return undefined
    }
    this.#running = await startReplica(this.#places, { ...start, behind: !known && serving() })
    this.#starting({ pid: this.#running.id.pid })
    return this.#running
  }

  /** One that sleeps can be reached until it is awake. */
  #starting(change: Pick<Reported, 'reason' | 'pid'>): void {
    const { address } = this.#state
    if (this.#sleeper === undefined || address === undefined) this.#set({ phase: 'starting', ...change })
    else this.#set({ phase: 'parked', address, ...change })
  }

  /** Files on disk and specification written; tried until it works. False when it is no longer wanted. */
  async #specify(): Promise<boolean> {
    const { signal } = this.#stop
    let pause = FIRST_PAUSE_MS
    while (!signal.aborted) {
      try {
        await writeSpecification(this.#form.of(this.#wanted), this.#context)
        return true
      } catch (error) {
        const reason = messageOf(error)
        if (this.#form.blames(error) && (await this.#fallBack(reason))) continue
        if (this.#sleeper === undefined) this.#set({ phase: 'fetching', reason })
        else this.#starting({ reason })
        this.#context.logger.warn({ replica: this.name, reason }, 'a replica can not be prepared yet')
        await sleep(pause, signal)
        pause = Math.min(pause * 2, LAST_PAUSE_MS)
      }
    }
    return false
  }

  /** Connects until the replica answers as the one that is wanted. Undefined when it ended before. */
  async #whenReady(running: Running): Promise<number | undefined> {
    try {
      return await this.#answers(running)
    } finally {
      this.#endTurn?.()
      this.#endTurn = undefined
    }
  }

  async #answers({ id, ended }: Running): Promise<number | undefined> {
    const { replica, version } = this.#wanted
    const started = performance.now()
    const address: Address = { kind: 'unix', path: await this.#context.places.socket(replica) }
    let gone = false
    void ended.then(() => {
      gone = true
    })
    while (!gone && !this.#stop.signal.aborted) {
      const status = await statusOf(address)
      if (status?.replica === replica && status.pid === id.pid && !status.draining) {
        if (status.version === version) {
          this.#form.serves(status.variant)
          await this.#ready(address, id.pid, status.warmMs)
          return performance.now()
        }
        await endProcess(id)
      }
      if (performance.now() - started > START_LIMIT_MS) await endProcess(id)
      await sleep(20, this.#stop.signal)
    }
    return undefined
  }

  /** It listens where the sleeper did: those who wait there may come. */
  async #ready(address: Address, pid: number, warmMs: number): Promise<void> {
    await this.#context.start.priority.restore(pid)
    await rm(this.#places.parked, { force: true })
    const sleeper = this.#sleeper
    this.#sleeper = undefined
    this.#set({ phase: 'ready', address, pid, warmMs })
    this.#context.start.spare?.prepare()
    // Not waited for: one who does not read must not hold up the others.
    void sleeper?.close()
  }

  /** Looks when the time is over that it may be idle, and then when what is left of it is. */
  async #parkWhenIdle(signal: AbortSignal): Promise<void> {
    const { idleMs } = this.#wanted.serving ?? {}
    if (idleMs === undefined) return
    let left = idleMs
    while (!signal.aborted) {
      await sleep(left, signal)
      const usage = signal.aborted ? undefined : await this.usage()
      const idle = usage?.idleMs ?? 0
      if (usage?.inFlight === 0 && idle >= idleMs && (await this.park())) return
      left = idle >= idleMs ? idleMs : Math.max(1, idleMs - idle)
    }
  }

  /** From a variant to its original; false where that is what serves. */
  async #fallBack(reason: string): Promise<boolean> {
    if (!(await this.#form.fallBack(this.#wanted, reason))) return false
    const variant = this.#wanted.variant?.name
    this.#context.logger.error({ replica: this.name, variant, reason }, 'its original serves for a variant')
    this.#starting({ reason })
    return true
  }

  async #giveUp(reason: string): Promise<void> {
    this.#endTurn?.()
    await this.#sleeper?.close()
    this.#sleeper = undefined
    this.#context.memory.settle(this)
    this.#set({ phase: 'failed', reason })
  }

  async #reasonOf({ how }: End): Promise<string> {
    const lines = await tailOf(this.#places.log, 5)
    return lines === '' ? how : `${how}: ${lines}`
  }

  #set(change: Omit<Reported, 'replica' | 'version'>): void {
    const { replica, version } = this.#wanted
    this.#state = { replica, version, ...this.#form.told(this.#wanted), ...change }
    this.#context.onChange()
  }
}
