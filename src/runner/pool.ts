import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Offer } from '../api/index.ts'
import { messageOf } from '../core/index.ts'
import { Attempt, type AttemptContext } from './attempt/attempt.ts'
import { removeTrees, Trash } from './attempt/ending/trash.ts'
import { AttemptFolder } from './attempt/folder.ts'
import { withRelativePaths } from './attempt/preparing/offer-paths.ts'
import { eachExecutor } from './executors/executors.ts'
import { identityIn } from './process/shim.ts'
import type { Room, Share } from './room.ts'

/** Slots have numbers, and some executors as many users. */
const MAX_RUNNING = 64

interface Running {
  readonly share: Share
  /** Undefined while its folder is being made. */
  attempt: Attempt | undefined
}

interface Waiting {
  readonly share: Share
  readonly go: () => void
}

/** The attempts under way, each in a slot. */
export class AttemptPool {
  readonly #context: AttemptContext
  readonly #folder: string
  readonly #room: Room
  /** By slot. */
  readonly #running = new Map<number, Running>()
  /** Of these, those that begin once there is room for them, in their order. */
  #waiting: Waiting[] = []
  readonly #work = new Set<Promise<void>>()
  readonly #trash = new Trash()
  #freed: (() => void) | undefined

  constructor(context: AttemptContext, folder: string, room: Room) {
    this.#context = context
    this.#folder = folder
    this.#room = room
  }

  /** How many attempts can start now. */
  get free(): number {
    if (this.#waiting.length > 0) return 0
    return Math.max(0, Math.min(MAX_RUNNING - this.#running.size, this.#room.freeSlots))
  }

  /** What is left for jobs that say how much they take. */
  get room(): Share {
    return this.#room.free
  }

  /** Goes on with everything that an earlier runner left. */
  async adoptAll(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const left = await AttemptFolder.left(this.#folder, this.#context.executors)
    const begun = new Set<AttemptFolder>()
    for (const folder of left) {
      if ((await identityIn(folder.path)) !== undefined || (await folder.conclusion()) !== undefined)
        begun.add(folder)
    }
    await this.#sweepOthers(left, begun)
    for (const folder of left) {
      const { offer, slot } = folder
      if (begun.has(folder) && !this.#running.has(slot)) this.#adopt(folder)
      else {
        // Its process never started: a new folder, where a shim of the old one can't begin it a second time.
        await folder.remove(this.#trash)
        await this.#begin(offer)
      }
    }
  }

  /** Starts an attempt; what it comes to is told to the control plane. */
  async start(offer: Offer): Promise<void> {
    const { attempt } = offer
    const twice = [...this.#running.values()].some(
      running => running.attempt?.folder.offer.attempt === attempt,
    )
    if (twice || this.#running.size >= MAX_RUNNING) {
      this.#context.logger.warn({ attempt, running: this.#running.size }, 'offer not taken')
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
    await Promise.all([...this.#running.values()].map(({ attempt }) => attempt?.stop('runner stopped')))
  }

  leaveAll(): void {
    for (const { attempt } of this.#running.values()) attempt?.leave()
  }

  async #begin(offer: Offer): Promise<void> {
    let slot = 0
    while (this.#running.has(slot)) slot++
    const running: Running = { share: this.#room.shareOf(offer.resources), attempt: undefined }
    this.#running.set(slot, running)
    const turn = this.#turn(running.share)
    try {
      const folder = await AttemptFolder.create(
        this.#folder,
        withRelativePaths(offer),
        slot,
        this.#context.executors,
      )
      running.attempt = new Attempt(this.#context, folder)
      this.#run(running.attempt, false, turn)
    } catch (error) {
      // Not ours to run (a full disk): the lease ends, and another runner gets it.
      this.#context.logger.error({ attempt: offer.attempt, reason: messageOf(error) }, 'attempt not begun')
      void turn.then(() => this.#release(slot))
    }
  }

  #adopt(folder: AttemptFolder): void {
    const attempt = new Attempt(this.#context, folder)
    const share = this.#room.shareOf(folder.offer.resources)
    this.#running.set(folder.slot, { share, attempt })
    this.#room.take(share)
    this.#run(attempt, true, Promise.resolve())
  }

  /** Resolves once there is room, which is taken then. The control plane may give more than fits together. */
  #turn(share: Share): Promise<void> {
    if (this.#waiting.length === 0 && this.#room.fits(share)) {
      this.#room.take(share)
      return Promise.resolve()
    }
    return new Promise(resolve => this.#waiting.push({ share, go: resolve }))
  }

  #run(attempt: Attempt, adopted: boolean, turn: Promise<void>): void {
    const { folder } = attempt
    const work = attempt.run(adopted, turn).then(async done => {
      await turn
      this.#release(folder.slot)
      if (done) await folder.remove(this.#trash)
    })
    const settled = work
      .catch(error => this.#context.logger.error({ reason: messageOf(error) }, 'attempt folder not removed'))
      .finally(() => this.#work.delete(settled))
    this.#work.add(settled)
  }

  #release(slot: number): void {
    const running = this.#running.get(slot)
    this.#running.delete(slot)
    if (running) this.#room.give(running.share)
    for (let next = this.#waiting[0]; next && this.#room.fits(next.share); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#room.take(next.share)
      next.go()
    }
    this.#freed?.()
  }

  /** What executors keep outside the folder, of attempts that are gone. */
  async #sweepOthers(left: readonly AttemptFolder[], begun: ReadonlySet<AttemptFolder>): Promise<void> {
    const kept = new Set(left.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)))
    for (const { placesRoot: root, sweepOthers } of eachExecutor(this.#context.executors)) {
      // What one that has not begun had beside it is made again.
      await sweepOthers?.(new Set([...begun].map(({ offer }) => offer.attempt)))
      if (root === undefined) continue
      const orphans = (await readdir(root)).filter(name => !kept.has(name))
      if (orphans.length > 0) await removeTrees(orphans.map(name => join(root, name)))
    }
  }
}
