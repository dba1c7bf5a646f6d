import { BallastError, formatSize, type Milliseconds, messageOf } from '../../../core/index.ts'
import type { StoreKeeper } from '../../../registry/index.ts'
import type { ControlPlane } from '../../control-plane.ts'

/** After a failure that is nobody's fault, such as a full disk. */
const PAUSE_MS: Milliseconds = 60_000
const EVICT_EVERY_MS: Milliseconds = 60_000
const COLLECT_EVERY_MS: Milliseconds = 24 * 3_600_000
/** A server that starts has better things to do. */
const FIRST_COLLECTION_MS: Milliseconds = 3_600_000
const DAY_MS: Milliseconds = 24 * 3_600_000
/** What nobody refers to stays a week: a job that uploads, a push that comes later, a version that was let go by mistake. */
export const GRACE_MS: Milliseconds = 7 * DAY_MS
/** When the last collection ended. */
const COLLECTED = 'registry.collected-at'

/** What the store does by itself, one thing at a time: it packs what landed, keeps the cache small, collects daily. */
export class StoreWork {
  readonly #plane: Pick<ControlPlane, 'settings' | 'stores' | 'clock' | 'logger'>
  readonly #keeper: StoreKeeper
  #adopted = false
  #notBefore = 0
  #evicted = 0
  readonly #started: number

  constructor(plane: Pick<ControlPlane, 'settings' | 'stores' | 'clock' | 'logger'>, keeper: StoreKeeper) {
    this.#plane = plane
    this.#keeper = keeper
    this.#started = plane.clock.now()
  }

  get grace(): Milliseconds {
    return this.#plane.settings.store?.graceMs ?? GRACE_MS
  }

  /** Called every second, and never while it runs still. */
  async tick(): Promise<void> {
    const now = this.#plane.clock.now()
    if (now < this.#notBefore) return
    try {
      if (!this.#adopted) await this.#adopt()
      await this.#keeper.packWaiting()
      if (now - this.#evicted >= EVICT_EVERY_MS) {
        await this.#keeper.evict()
        this.#evicted = now
      }
      await this.#collectDaily(now)
    } catch (failure) {
      this.#notBefore = now + PAUSE_MS
      // What can be restored makes room for what can't.
      if (failure instanceof BallastError && failure.code === 'DISK_FULL') await this.#keeper.evict(0)
      throw failure
    }
  }

  async #adopt(): Promise<void> {
    const { files, objects, packs } = await this.#keeper.adopt()
    this.#adopted = true
    if (files + packs > 0)
      this.#plane.logger.info({ files, objects, packs }, 'the store took in what its index did not know')
  }

  async #collectDaily(now: number): Promise<void> {
    const { settings, logger } = this.#plane
    const last = Number((await this.#plane.stores.settings.get(COLLECTED)) ?? 0)
    if (now - this.#started < FIRST_COLLECTION_MS || now - last < COLLECT_EVERY_MS) return
    // Noted first: one that fails is not tried every minute.
    await this.#plane.stores.settings.set(COLLECTED, String(now))
    try {
      const { removedCount, freedBytes, packsRewritten } = await this.#keeper.collect({ grace: this.grace })
      if (removedCount + packsRewritten > 0)
        logger.info({ removedCount, packsRewritten, freed: formatSize(freedBytes) }, 'objects were collected')
    } catch (failure) {
      logger.error(
        { data: settings.dataDir, error: messageOf(failure) },
        'nothing was collected: what is in use could not be told',
      )
    }
  }
}
