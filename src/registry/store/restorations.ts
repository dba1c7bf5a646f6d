import { type Clock, type Digest, type Logger, messageOf } from '../../core/index.ts'
import type { Locks } from './locks.ts'
import type { EarlyFile, ObjectIndex, WholeStore } from './ports.ts'

/** Writes an object's bytes to `path` and compares them; tells of it before they are compared. */
export type RestoreTo = (digest: Digest, path: string, onWritten?: () => Promise<void>) => Promise<void>

export interface RestorationPorts {
  readonly whole: WholeStore
  readonly index: Pick<ObjectIndex, 'used' | 'setWhole'>
  readonly clock: Clock
  readonly logger: Logger
  readonly locks: Locks
  /** Throws where the object can't be restored. */
  readonly check: (digest: Digest) => Promise<unknown>
  readonly restore: RestoreTo
}

/** One under way: `written` is the draft's path, where that is told before it is compared. */
interface Restoration {
  readonly written: Promise<string> | undefined
  readonly done: Promise<string>
}

/** Whole copies of packed objects, each made once for all who ask. */
export class Restorations {
  readonly #ports: RestorationPorts
  readonly #running = new Map<Digest, Restoration>()
  readonly #syncing = new Set<Promise<void>>()

  constructor(ports: RestorationPorts) {
    this.#ports = ports
  }

  /** Path of the verified copy. Throws what restoring throws. */
  whole(digest: Digest): Promise<string> {
    return this.#of(digest, false).done
  }

  /** Path of the draft as soon as it is written; of the verified copy where the first who asked wanted that. */
  early(digest: Digest): Promise<EarlyFile> {
    const { written, done } = this.#of(digest, true)
    const verified = done.then(path => ({ path, verified: true }))
    if (written === undefined) return verified
    return Promise.race([written.then(path => ({ path, verified: false })), verified])
  }

  /** When nothing is restored or synced any more. */
  async settled(): Promise<void> {
    while (this.#running.size + this.#syncing.size > 0) {
      await Promise.allSettled([...this.#running.values()].map(({ done }) => done))
      await Promise.all(this.#syncing)
    }
  }

  #of(digest: Digest, early: boolean): Restoration {
    const under = this.#running.get(digest)
    if (under) return under
    const written = early ? Promise.withResolvers<string>() : undefined
    const done = this.#restore(digest, written?.resolve).finally(() => this.#running.delete(digest))
    // Who was told early may not wait for it.
    done.catch(() => undefined)
    const restoration: Restoration = { written: written?.promise, done }
    this.#running.set(digest, restoration)
    return restoration
  }

  async #restore(digest: Digest, tell?: (path: string) => void): Promise<string> {
    const { whole, index, clock, locks, check, restore } = this.#ports
    await check(digest)
    const file = await whole.draft(digest)
    let isTold = false
    const onWritten =
      tell &&
      (async () => {
        // Restored a second time, after its pack was written again: somebody may have read what it was before.
        if (isTold) throw new Error('its bytes have been told of already')
        isTold = true
        await file.seal()
        tell(file.path)
      })
    try {
      await restore(digest, file.path, onWritten)
    } catch (failure) {
      await file.abandon()
      throw failure
    }
    await index.used(digest, clock.now())
    await locks.run(digest, () => file.commit())
    // Nobody waits for the disk: until it is synced, a start after a power cut throws the copy away.
    const syncing = this.#sync(digest).finally(() => this.#syncing.delete(syncing))
    this.#syncing.add(syncing)
    return whole.localPath(digest)!
  }

  async #sync(digest: Digest): Promise<void> {
    const { whole, index, logger, locks } = this.#ports
    try {
      await whole.sync(digest)
      await locks.run(digest, () => index.setWhole(digest, true))
    } catch (failure) {
      logger.warn({ object: digest, error: messageOf(failure) }, 'a restored copy could not be synced')
    }
  }
}
