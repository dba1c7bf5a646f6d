import type { LeaseRequest } from '../../../api/index.ts'
import type { Clock, Instant } from '../../../core/index.ts'

/** A runner asks at least this often while it is there, unless all its slots are taken by long jobs. */
const SILENT_MS = 10 * 60_000

interface Known {
  readonly request: LeaseRequest
  /** Requests of its that wait now. */
  waiting: number
  seen: Instant
}

/** Which runners are there, by what they asked for work with. */
export class Runners {
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  arrived(request: LeaseRequest): void {
    const waiting = (this.#known.get(request.runner)?.waiting ?? 0) + 1
    this.#known.set(request.runner, { request, waiting, seen: this.#clock.now() })
  }

  left({ runner }: LeaseRequest): void {
    const known = this.#known.get(runner)
    if (!known) return
    known.waiting--
    known.seen = this.#clock.now()
  }

  get all(): readonly LeaseRequest[] {
    const since = this.#clock.now() - SILENT_MS
    for (const [name, { waiting, seen }] of this.#known)
      if (waiting === 0 && seen < since) this.#known.delete(name)
    return [...this.#known.values()].map(({ request }) => request)
  }
}
