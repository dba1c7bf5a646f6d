import type { Instant, Milliseconds } from '../../../core/index.ts'
import { type Attempt, hasEnded } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import type { AttemptLogs } from '../logs/logs.ts'

/** Logs are looked through this often: what is a day older is no more in the way than it was. */
const EVERY_MS: Milliseconds = 3_600_000

/** Removes logs that are older than the server keeps them. */
export class OldLogs {
  readonly #plane: Pick<ControlPlane, 'settings' | 'stores' | 'clock' | 'logger'>
  readonly #logs: AttemptLogs
  #next = 0

  constructor(plane: Pick<ControlPlane, 'settings' | 'stores' | 'clock' | 'logger'>, logs: AttemptLogs) {
    this.#plane = plane
    this.#logs = logs
  }

  /** Called every second; does nothing where logs are kept for ever. */
  async tick(): Promise<void> {
    const { settings, clock } = this.#plane
    const now = clock.now()
    if (settings.keepLogsMs === undefined || now < this.#next) return
    this.#next = now + EVERY_MS
    await this.prune((now - settings.keepLogsMs) as Instant)
  }

  /** Of attempts that have ended, and of those that the journal no longer has. */
  async prune(before: Instant): Promise<void> {
    const { stores, logger } = this.#plane
    const removed = await this.#logs.prune(before, async id => {
      const attempt = await stores.pipelines.attempt(id)
      return attempt === undefined || hasEnded(attempt.state)
    })
    if (removed > 0) logger.info({ removed }, 'old logs were removed')
  }
}

/** What stands where a log was; undefined for one that is there, or that never said a word. */
export function inPlaceOf({ state, logBytes }: Attempt, length: number): string | undefined {
  const removed = length === 0 && logBytes > 0 && hasEnded(state)
  return removed ? 'This log is older than the server keeps logs, and was removed.\n' : undefined
}
