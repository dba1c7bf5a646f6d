import type { Milliseconds } from '../../../core/index.ts'
import { RECORD_TYPE } from '../../../rollout/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { signRecord } from '../../signing/records.ts'

/** A vault that is closed is opened by somebody's hand: how soon that is noticed matters little. */
const EVERY_MS: Milliseconds = 60_000
/** Read at once; few wait, and each may have a megabyte. */
const AT_ONCE = 20

/** Signs records that had to be stored without a signature. */
export class LateSigner {
  readonly #plane: Pick<ControlPlane, 'stores' | 'vault' | 'clock'>
  #next = 0

  constructor(plane: Pick<ControlPlane, 'stores' | 'vault' | 'clock'>) {
    this.#plane = plane
  }

  /** Called every second. Throws VAULT_SEALED while nothing can be signed. */
  async tick(): Promise<void> {
    const now = this.#plane.clock.now()
    if (now < this.#next) return
    this.#next = now + EVERY_MS
    await this.#sign()
  }

  async #sign(): Promise<void> {
    const { rollouts } = this.#plane.stores
    for (;;) {
      const waiting = await rollouts.unsignedRecords(AT_ONCE)
      for (const { rollout, sequence, payload } of waiting)
        await rollouts.signRecord(rollout, sequence, await signRecord(this.#plane, RECORD_TYPE, payload))
      if (waiting.length < AT_ONCE) return
    }
  }
}
