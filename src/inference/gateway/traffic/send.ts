import type { Milliseconds } from '../../../core/index.ts'
import type { Answer, Ask, FrameClient } from '../../frames/index.ts'
import type { Link } from '../pool.ts'

/** No answer for this long is the replica's failure; a client that gives it less time says nothing of it. */
const HANGS_MS: Milliseconds = 5000

/** A request that is with a replica. Its breaker is told what came of it, once. */
export class Send {
  readonly link: Link
  readonly #client: FrameClient
  readonly #at: Milliseconds
  readonly #probe: boolean
  #id = 0
  #over = false

  constructor(link: Link, client: FrameClient, now: Milliseconds) {
    this.link = link
    this.#client = client
    this.#at = now
    this.#probe = link.breaker.began(now)
  }

  ask(ask: Ask, answer: (answer: Answer) => void): void {
    this.#id = this.#client.ask(ask, answer)
  }

  /** An answer came. `ok`: the replica did what it should. */
  ended(ok: boolean): void {
    if (this.#over) return
    this.#over = true
    this.link.breaker.ended(ok, this.#probe, performance.now())
  }

  /** No answer will come: the connection is gone. */
  lost(): void {
    if (this.link.lost(this.#client)) this.ended(false)
    else this.gaveUp()
  }

  /** What came says nothing of the replica. */
  gaveUp(): void {
    if (this.#over) return
    this.#over = true
    this.link.breaker.gaveUp(this.#probe)
  }

  /** Nobody waits for the answer. */
  canceled(): void {
    this.#client.cancel(this.#id)
    this.gaveUp()
  }

  /** It took too long. */
  expired(): void {
    this.#client.cancel(this.#id)
    if (performance.now() - this.#at >= HANGS_MS) this.ended(false)
    else this.gaveUp()
  }
}
