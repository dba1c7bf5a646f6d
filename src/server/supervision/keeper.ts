import { setTimeout as sleep } from 'node:timers/promises'
import { restartDelay, WELL_AFTER_MS } from './backoff.ts'
import { type Started, startChild } from './child.ts'
import { SupervisionError } from './errors.ts'
import type { SupervisionEvent } from './events.ts'
import type { Hello } from './hello.ts'
import { connectControl, type Link } from './link.ts'
import { lastLines } from './logs.ts'
import { controlSocket, type Places } from './places.ts'
import type { RoleSpec } from './roles.ts'

/** A role that was never ready and died this often will not come up by itself. */
const MAX_FIRST_TRIES = 3
/** Opening a large database on a slow disk takes seconds, not minutes. */
const READY_DEADLINE_MS = 120_000

export interface KeeperOptions {
  readonly places: Places
  readonly spec: RoleSpec
  /** Arguments of Node before the role's own: the script. */
  readonly entry: readonly string[]
  readonly version: string
  readonly tell: (event: SupervisionEvent) => void
}

/** Keeps one role alive: adopts or starts its process, starts it again when it dies, ends it in the end. */
export class RoleKeeper {
  readonly #options: KeeperOptions
  readonly #stopping = new AbortController()
  readonly #ready = Promise.withResolvers<Hello>()
  #link: Link | undefined
  #child: Started | undefined
  #failures = 0
  #everReady = false
  #kept: Promise<void> | undefined
  #over = false

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#ready.promise.catch(() => undefined)
  }

  get role(): string {
    return this.#options.spec.role
  }

  /** Whether this supervisor started the process that runs. */
  get ours(): boolean {
    return this.#child !== undefined
  }

  /** Resolves when the role is ready for the first time; rejects with ROLE_FAILED or STOPPED. */
  start(): Promise<Hello> {
    this.#kept ??= this.#keep().catch(error => this.#ready.reject(error))
    const late = setTimeout(() => void this.#giveUp(), READY_DEADLINE_MS)
    return this.#ready.promise.finally(() => clearTimeout(late))
  }

  /** Lets go without ending the process. */
  leave(): void {
    this.#stopping.abort()
    this.#link?.leave()
  }

  /** Ends the process well; after the role's deadline, or at once when `force`, by SIGKILL. */
  async stop(force = false): Promise<void> {
    this.#stopping.abort()
    const pid = this.#link?.hello.pid ?? this.#child?.pid
    const { stopDeadlineMs } = this.#options.spec
    const end = (afterMs: number) => {
      if (pid !== undefined && !this.#over) this.#tell({ kind: 'killed', role: this.role, pid, afterMs })
      this.#kill('SIGKILL')
    }
    if (force) end(0)
    else if (this.#link) this.#link.stop()
    else this.#kill('SIGTERM')
    // Once more where it is killed at once: a process may just have been in the making.
    const timer = setTimeout(
      () => (force ? this.#kill('SIGKILL') : end(stopDeadlineMs)),
      force ? 0 : stopDeadlineMs,
    )
    await this.#kept
    await this.#child?.exited
    this.#over = true
    clearTimeout(timer)
    if (pid !== undefined) this.#tell({ kind: 'stopped', role: this.role, pid })
  }

  async #keep(): Promise<void> {
    for (;;) {
      const began = performance.now()
      this.#link = (await this.#adopt()) ?? (await this.#start())
      if (this.#link) await this.#watch(this.#link)
      this.#link = undefined
      if (this.#stopping.signal.aborted) return this.#ready.reject(this.#stopped())
      await this.#mourn(performance.now() - began)
    }
  }

  /** The process of an earlier supervisor, where one answers and is what this one would start. */
  async #adopt(): Promise<Link | undefined> {
    if (this.#stopping.signal.aborted) return undefined
    const { entry, spec, version } = this.#options
    const link = await connectControl(controlSocket(spec.role, spec.folder))
    if (link === undefined) return undefined
    const { pid } = link.hello
    const wanted = [...entry.slice(1), ...spec.args]
    if (link.hello.version === version && wanted.join('\0') === link.hello.argv.join('\0')) {
      this.#child = undefined
      this.#tell({ kind: 'adopted', role: spec.role, pid })
      return link
    }
    const why = link.hello.version === version ? 'other options' : `version ${link.hello.version}`
    this.#tell({ kind: 'replaced', role: spec.role, pid, why })
    link.stop()
    const timer = setTimeout(() => killProcess(pid, 'SIGKILL'), spec.stopDeadlineMs)
    await link.closed
    clearTimeout(timer)
    return undefined
  }

  async #start(): Promise<Link | undefined> {
    if (this.#stopping.signal.aborted) return undefined
    const { places, entry, spec } = this.#options
    const argv = [...entry, ...spec.args]
    this.#child = await startChild(argv, controlSocket(spec.role, spec.folder), places.log(spec.role))
    this.#tell({ kind: 'starting', role: spec.role, pid: this.#child.pid })
    // Asked to stop while the process was being made: nobody had anything to send a signal to.
    if (this.#stopping.signal.aborted) this.#kill('SIGTERM')
    return this.#child.link
  }

  /** Until the process is gone. */
  async #watch(link: Link): Promise<void> {
    const look = (hello: Hello) => {
      if (!hello.ready) return
      off()
      this.#everReady = true
      this.#tell({ kind: 'ready', role: this.role, pid: hello.pid })
      this.#ready.resolve(hello)
    }
    const off = link.changed.on(look)
    look(link.hello)
    if (this.#stopping.signal.aborted) link.stop()
    await link.closed
    off()
  }

  /** Tells of a death, and waits before the next start. */
  async #mourn(livedMs: number): Promise<void> {
    const { places, spec } = this.#options
    this.#failures = livedMs >= WELL_AFTER_MS ? 1 : this.#failures + 1
    const log = places.log(spec.role)
    // Its socket is closed; what is left of it must not hold its port or its files.
    this.#child?.kill('SIGKILL')
    await this.#child?.exited
    const lines = await lastLines(log, this.#child?.logFrom ?? 0)
    if (!this.#everReady && this.#failures >= MAX_FIRST_TRIES) {
      throw this.#failed(`ended ${this.#failures} times before it was ready`, lines, log)
    }
    const restartsInMs = restartDelay(this.#failures)
    this.#tell({
      kind: 'died',
      role: spec.role,
      failures: this.#failures,
      restartsInMs,
      lastLines: lines,
      log,
    })
    await sleep(restartsInMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
  }

  async #giveUp(): Promise<void> {
    const log = this.#options.places.log(this.role)
    const lines = await lastLines(log, this.#child?.logFrom ?? 0)
    this.#ready.reject(this.#failed(`was not ready after ${READY_DEADLINE_MS / 1000} s`, lines, log))
  }

  #kill(signal: NodeJS.Signals): void {
    if (this.#child) this.#child.kill(signal)
    else if (this.#link) killProcess(this.#link.hello.pid, signal)
  }

  #tell(event: SupervisionEvent): void {
    this.#options.tell(event)
  }

  #failed(what: string, lines: readonly string[], log: string): SupervisionError {
    const said =
      lines.length > 0 ? ['. It last said:', ...lines.map(line => `  ${line}`)].join('\n') : ' without a word'
    return new SupervisionError('ROLE_FAILED', {
      message: `The ${this.role} ${what}${said}`,
      hint: `All it said is in ${log}.`,
      details: { role: this.role, log },
    })
  }

  #stopped(): SupervisionError {
    return new SupervisionError('STOPPED', { message: `The ${this.role} was stopped before it was ready` })
  }
}

/** The control connection is open, so this number is still that process's. */
function killProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself in this moment.
  }
}
