import type { Logger } from '../../core/index.ts'
import { messageOf } from '../../core/index.ts'
import { ControlPlaneCaches } from '../cache/shared.ts'
import { untilReached } from '../control/backoff.ts'
import type { AttemptRoutes, ControlPlane } from '../control/control-plane.ts'
import { RunnerError } from '../errors.ts'
import type { Executor } from '../executors/executor.ts'
import { type Executors, executorOf } from '../executors/executors.ts'
import { secretForms } from '../log/secrets.ts'
import { LogStream } from '../log/stream.ts'
import type { Entry } from '../options.ts'
import { follow, type JobProcess } from '../process/follow.ts'
import type { Launcher } from '../process/launcher.ts'
import { exitCodeIn, identityIn } from '../process/shim.ts'
import { stopTree } from '../process/stop.ts'
import type { SourceCache } from '../workspace/sources/sources.ts'
import { conclude } from './ending/conclude.ts'
import { errored, stoppedAs } from './ending/verdict.ts'
import type { AttemptFolder, Conclusion, StopReason } from './folder.ts'
import { aborted, followToEnd, leftToNext, stoppable } from './follow.ts'
import { Heartbeat } from './heartbeat.ts'
import type { RunnerCaches } from './preparing/job-caches.ts'
import { prepare } from './preparing/prepare.ts'

export interface AttemptContext {
  readonly control: ControlPlane
  readonly sources: SourceCache
  readonly caches: RunnerCaches
  readonly executors: Executors
  readonly launcher: Launcher
  readonly entry: Entry
  readonly installation: readonly string[]
  /** Never to be shown in a log, whatever the job. */
  readonly runnerToken: string
  readonly logger: Logger
}

/** One attempt from its folder to its acknowledged end; the same for a new one and for an adopted one. */
export class Attempt {
  readonly folder: AttemptFolder
  readonly #context: AttemptContext
  readonly #executor: Executor
  readonly #routes: AttemptRoutes
  readonly #log: LogStream
  readonly #caches: RunnerCaches
  /** Aborted: nothing more is said or fetched. Lost lease, or a runner that leaves. */
  readonly #gone = new AbortController()
  /** Aborted: it ends before its time, or `#gone`. */
  readonly #stopping = new AbortController()
  #stopReason: StopReason | undefined
  #lost = false
  #process: JobProcess | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(context: AttemptContext, folder: AttemptFolder) {
    this.#context = context
    this.#executor = executorOf(context.executors, folder.offer)
    this.folder = folder
    this.#routes = context.control.attempt(folder.offer)
    const remote = new ControlPlaneCaches(this.#routes, this.#gone.signal)
    this.#caches = { ...context.caches, remote }
    const secrets = secretForms([...folder.offer.secrets, folder.offer.token, context.runnerToken])
    this.#log = new LogStream(
      folder.logPath,
      secrets,
      { append: (offset, bytes, signal) => this.#routes.appendLog(offset, bytes, signal) },
      { signal: this.#gone.signal },
    )
  }

  /** Ends it before its time: its processes are asked, then killed. The first reason stands. */
  async stop(reason: StopReason): Promise<void> {
    if (this.#stopReason || this.#gone.signal.aborted) return
    this.#stopReason = reason
    await this.folder.recordStop(reason)
    this.#stopping.abort()
  }

  /** Lets go of it: its processes run on, and whoever starts next in this folder adopts it. */
  leave(): void {
    this.#gone.abort()
    this.#stopping.abort()
  }

  /**
   * Works until the control plane has acknowledged the end, or the lease is lost, or it is left. Never throws.
   * `adopted`: an earlier runner began it. True: the folder has done its service.
   */
  async run(adopted: boolean, turn: Promise<void>): Promise<boolean> {
    const { attempt } = this.folder.offer
    const heartbeat = this.#startHeartbeat()
    try {
      this.#turn = turn
      await this.#log.start(adopted)
      const conclusion = await this.#conclusion(adopted, heartbeat)
      await this.#log.finish().catch(error => this.#rethrowUnlessRefused(error))
      await this.#tell(conclusion)
      return true
    } catch (error) {
      if (this.#lost || (error instanceof RunnerError && error.code === 'LEASE_LOST')) {
        this.#context.logger.warn({ attempt, reason: messageOf(error) }, 'attempt lost')
        await this.#killAll()
        return true
      }
      if (this.#gone.signal.aborted) return false
      // The control plane won't have it, or this machine's disk fails: it will be given to somebody else.
      this.#context.logger.error({ attempt, reason: messageOf(error) }, 'attempt dropped')
      await this.#killAll()
      return true
    } finally {
      heartbeat.stop()
      await this.#log.abandon().catch(() => undefined)
    }
  }

  async #tell(conclusion: Conclusion): Promise<void> {
    const { signal } = this.#gone
    try {
      await untilReached(signal, () => this.#routes.finish(conclusion, signal))
    } catch (error) {
      if (!(error instanceof RunnerError) || error.code !== 'CONTROL_PLANE_REFUSED') throw error
      // It won't have the result (too large, or of another release): then it hears why there is none.
      await untilReached(signal, () => this.#routes.finish(errored(error, 'runner'), signal))
    }
  }

  #startHeartbeat(): Heartbeat {
    const { leaseMs } = this.folder.offer
    const sandboxed = this.#executor.kind !== 'none'
    return new Heartbeat({
      leaseMs,
      beat: started => this.#routes.heartbeat({ started, sandboxed }, this.#gone.signal),
      onCancel: () => void this.stop('canceled'),
      onLost: () => {
        this.#lost = true
        this.leave()
      },
    })
  }

  async #conclusion(adopted: boolean, heartbeat: Heartbeat): Promise<Conclusion> {
    const known = adopted ? await this.folder.conclusion() : undefined
    if (known) return known
    const conclusion = await this.#runProcess(adopted, heartbeat)
    await this.folder.recordConclusion(conclusion)
    return conclusion
  }

  async #runProcess(adopted: boolean, heartbeat: Heartbeat): Promise<Conclusion> {
    const process = adopted ? await this.#adopt() : await this.#prepareAndLaunch()
    if ('outcome' in process) return process
    this.#process = process
    heartbeat.started()
    await followToEnd({
      folder: this.folder,
      executor: this.#executor,
      process,
      stopping: this.#stopping.signal,
      gone: this.#gone.signal,
      stopReason: () => this.#stopReason,
      stop: reason => this.#stopSaying(reason),
    })
    const exitCode = await exitCodeIn(this.folder.path)
    // Without an exit status the shim was killed, and nothing above them holds the job's processes together.
    await this.#sweep(exitCode === undefined)
    const ended = { exitCode, stop: this.#stopReason, timedOut: await this.folder.timeouts() }
    const seenAt = this.#executor.seen(this.folder.places).workspace
    const signal = this.#gone.signal
    return conclude(
      { folder: this.folder, routes: this.#routes, signal, caches: this.#caches, seenAt },
      ended,
    )
  }

  async #prepareAndLaunch(): Promise<JobProcess | Conclusion> {
    const { folder } = this
    try {
      const { sources, launcher, entry, installation } = this.#context
      const signal = this.#stopping.signal
      await Promise.race([this.#turn, aborted(signal)])
      signal.throwIfAborted()
      const command = await prepare({
        folder,
        routes: this.#routes,
        sources,
        caches: this.#caches,
        executor: this.#executor,
        entry,
        installation,
        signal,
      })
      if (!signal.aborted) return await launcher.launch(folder.path, command)
    } catch (error) {
      if (!this.#stopping.signal.aborted) {
        if (error instanceof RunnerError && error.code === 'LEASE_LOST') throw error
        await folder.say(`the job could not be started: ${messageOf(error)}`)
        await this.#sweep(true)
        return errored(error, 'setup')
      }
    }
    if (!this.#stopReason) throw leftToNext()
    await this.#sweep(true)
    return stoppedAs(this.#stopReason, folder.offer)
  }

  async #adopt(): Promise<JobProcess> {
    const identity = await identityIn(this.folder.path)
    if (!identity) throw new Error('An attempt without a process is begun anew, not adopted')
    this.#stopReason = await this.folder.stopReason()
    if (this.#stopReason) this.#stopping.abort()
    return follow(this.folder.path, identity)
  }

  async #stopSaying(reason: StopReason): Promise<void> {
    if (this.#stopReason) return
    await this.folder.say(stoppedAs(reason, this.folder.offer).reason ?? reason).catch(() => undefined)
    await this.stop(reason)
  }

  /** Ends what outlived the job's process. */
  async #sweep(lost: boolean): Promise<void> {
    const { offer, slot, places } = this.folder
    await this.#executor.sweep({ attempt: offer.attempt, slot, places }, lost)
  }

  async #killAll(): Promise<void> {
    const [folder, executor, process] = [this.folder, this.#executor, this.#process]
    if (process) await stopTree(stoppable({ folder, executor, process }), 0)
    await this.#sweep(false)
  }

  /** A log that the control plane won't take is no reason to lose the job's end. */
  #rethrowUnlessRefused(error: unknown): void {
    if (!(error instanceof RunnerError) || error.code !== 'CONTROL_PLANE_REFUSED') throw error
    this.#context.logger.warn({ attempt: this.folder.offer.attempt, reason: error.message }, 'log refused')
  }
}
