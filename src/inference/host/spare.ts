import type { ChildProcess } from 'node:child_process'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { type Logger, messageOf, randomText } from '../../core/index.ts'
import type { Told } from '../replica/index.ts'
import { startDetached } from './processes.ts'

export interface SpareOptions {
  /** What starts a replica, but for its options. */
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** For its log, until it is a replica's. */
  readonly folder: string
  readonly logger: Logger
}

interface Waiting {
  readonly child: ChildProcess
  readonly log: string
}

/**
 * One process that has all loaded but a model: with it, a replica starts in the time that its model takes. It ends with
 * this process, however that ends, as long as it waits; where it can't be had, a replica starts as ever.
 */
export class Spare {
  readonly #options: SpareOptions
  #waiting: Promise<Waiting | undefined> | undefined
  /** The one that `#waiting` gives. */
  #child: ChildProcess | undefined
  #closed = false

  constructor(options: SpareOptions) {
    this.#options = options
  }

  /** Starts one where none waits: to be called when nobody waits for a replica. */
  prepare(): void {
    if (this.#closed) return
    this.#waiting ??= this.#start().catch((error: unknown) => {
      this.#options.logger.warn({ reason: messageOf(error) }, 'no process waits for the next replica')
      return undefined
    })
  }

  /**
   * The process that waits, told what it is from now on, its log under that name. Undefined where none waits, or it
   * has ended.
   */
  async take(told: Told, log: string): Promise<ChildProcess | undefined> {
    const waiting = await this.#waiting
    this.#waiting = undefined
    this.#child = undefined
    if (waiting === undefined || this.#closed) return undefined
    const { child } = waiting
    if (hasEnded(child)) return undefined
    await rename(waiting.log, log)
    const input = child.stdin as Writable
    // One that ended meanwhile is found so by whoever waits for it.
    input.on('error', () => undefined)
    input.write(`${JSON.stringify(told)}\n`)
    if (!told.tied) input.end()
    return child
  }

  /** Ends the one that waits. */
  async close(): Promise<void> {
    this.#closed = true
    const waiting = await this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) return
    waiting.child.kill('SIGKILL')
    await rm(waiting.log, { force: true })
  }

  async #start(): Promise<Waiting> {
    const { command, env, folder } = this.#options
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const log = join(folder, `${randomText(8)}.txt`)
    const child = await startDetached([...command, 'replica', '--spare'], log, { tied: true, env })
    const gone = (): void => {
      if (this.#child === child) this.#waiting = undefined
      void rm(log, { force: true })
    }
    this.#child = child
    child.once('exit', gone)
    return { child, log }
  }
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null
}
