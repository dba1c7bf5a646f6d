import type { ForeignFeedback } from '../../../api/index.ts'
import { type Logger, messageOf } from '../../../core/index.ts'

export interface RelayOptions {
  readonly serverUrl: string
  readonly token: string
  /** Of this gateway. */
  readonly name: string
  readonly logger: Logger
}

const TIMEOUT_MS = 10_000
/** Calls that wait for the control plane; those beyond are given up, and stay with this gateway. */
const MAX_WAITING = 64

/** Tells the other gateways, by the control plane, what was told here of requests that are not known here. */
export class Relay {
  readonly #options: RelayOptions
  #waiting = 0
  #isTold = false

  constructor(options: RelayOptions) {
    this.#options = options
  }

  tell(feedback: ForeignFeedback): void {
    if (feedback.items.length === 0 || this.#waiting >= MAX_WAITING) return
    this.#waiting++
    void this.#post(feedback).finally(() => {
      this.#waiting--
    })
  }

  async #post(feedback: ForeignFeedback): Promise<void> {
    const { serverUrl, token, name, logger } = this.#options
    try {
      const response = await fetch(`${serverUrl}/api/v1/agents/gateway/feedback`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'ballast-gateway': encodeURIComponent(name),
        },
        body: JSON.stringify(feedback),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`the control plane answered ${response.status}`)
      this.#isTold = false
    } catch (error) {
      if (!this.#isTold)
        logger.warn({ reason: messageOf(error) }, 'feedback did not reach the other gateways')
      this.#isTold = true
    }
  }
}
