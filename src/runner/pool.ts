import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Offer } from '../api/index.ts'
import { messageOf } from '../core/index.ts'
import { Attempt, type AttemptContext } from './attempt/attempt.ts'
import { AttemptFolder } from './attempt/folder.ts'
import { withRelativePaths } from './attempt/offer-paths.ts'
import { removeTrees, Trash } from './attempt/trash.ts'
import { eachExecutor } from './executors/executors.ts'
import { identityIn } from './process/shim.ts'

/** The attempts under way, each in a slot. */
export class AttemptPool {
  readonly #context: AttemptContext
  readonly #folder: string
  readonly #concurrency: number
  /** By slot; undefined while its folder is being made. */
  readonly #running = new Map<number, Attempt | undefined>()
  readonly #work = new Set<Promise<void>>()
  readonly #trash = new Trash()
  #freed: (() => void) | undefined

  constructor(context: AttemptContext, folder: string, concurrency: number) {
    this.#context = context
    this.#folder = folder
    this.#concurrency = concurrency
  }

  /** How many attempts can start now. */
  get free(): number {
    return Math.max(0, this.#concurrency - this.#running.size)
  }

  /** Goes on with everything that an earlier runner left. */
  async adoptAll(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const left = await AttemptFolder.left(this.#folder, this.#context.executors)
    await this.#sweepOthers(left)
    for (const folder of left) {
      const { offer, slot } = folder
      const begun = (await identityIn(folder.path)) !== undefined || (await folder.conclusion()) !== undefined
      if (begun && !this.#running.has(slot)) this.#run(new Attempt(this.#context, folder), true)
      else {
        // Its process never started: a new folder, where a shim of the old one can't begin it a second time.
        await folder.remove(this.#trash)
        await this.#begin(offer)
      }
    }
  }

  /** Starts an attempt; what it comes to is told to the control plane. */
  async start(offer: Offer): Promise<void> {
    const twice = [...this.#running.values()].some(running => running?.folder.offer.attempt === offer.attempt)
    if (twice || this.free === 0) {
      this.#context.logger.warn({ attempt: offer.attempt, free: this.free }, 'offer not taken')
      return
    }
    await this.#begin(offer)
  }

  /** Resolves when there is a free slot, or `signal` aborts. */
  async whenFree(signal: AbortSignal): Promise<void> {
    while (this.free === 0 && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = (): void => resolve()
      this.#freed = wake
      signal.addEventListener('abort', wake)
      await promise
      signal.removeEventListener('abort', wake)
    }
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work)
    await this.#trash.emptied()
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.values()].map(attempt => attempt?.stop('runner stopped')))
  }

  leaveAll(): void {
    for (const attempt of this.#running.values()) attempt?.leave()
  }

  async #begin(offer: Offer): Promise<void> {
    let slot = 0
    while (this.#running.has(slot)) slot++
    this.#running.set(slot, undefined)
    try {
      const folder = await AttemptFolder.create(
        this.#folder,
        withRelativePaths(offer),
        slot,
        this.#context.executors,
      )
      this.#run(new Attempt(this.#context, folder), false)
    } catch (error) {
      this.#release(slot)
      // Not ours to run (a full disk): the lease ends, and another runner gets it.
      this.#context.logger.error({ attempt: offer.attempt, reason: messageOf(error) }, 'attempt not begun')
    }
  }

  #run(attempt: Attempt, adopted: boolean): void {
    const { folder } = attempt
    this.#running.set(folder.slot, attempt)
    const work = attempt.run(adopted).then(async done => {
      this.#release(folder.slot)
      if (done) await folder.remove(this.#trash)
    })
    const settled = work
      .catch(error => this.#context.logger.error({ reason: messageOf(error) }, 'attempt folder not removed'))
      .finally(() => this.#work.delete(settled))
    this.#work.add(settled)
  }

  #release(slot: number): void {
    this.#running.delete(slot)
    this.#freed?.()
  }

  /** What executors keep outside the folder, of attempts that are gone. */
  async #sweepOthers(left: readonly AttemptFolder[]): Promise<void> {
    const kept = new Set(left.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)))
    for (const { placesRoot: root, sweepOthers } of eachExecutor(this.#context.executors)) {
      await sweepOthers?.(new Set(left.map(({ offer }) => offer.attempt)))
      if (root === undefined) continue
      const orphans = (await readdir(root)).filter(name => !kept.has(name))
      if (orphans.length > 0) await removeTrees(orphans.map(name => join(root, name)))
    }
  }
}
