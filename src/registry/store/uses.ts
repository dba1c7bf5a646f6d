import type { Digest } from '../../core/index.ts'

/** Which objects were used lately, so that not every read writes to the index. */
export class Uses {
  readonly #last = new Map<Digest, number>()

  /** Whether the use at `now` is worth a note: the last was noted a minute or more before. */
  note(digest: Digest, now: number): boolean {
    if (now - (this.#last.get(digest) ?? Number.NEGATIVE_INFINITY) < NOTE_EVERY_MS) return false
    this.#last.delete(digest)
    this.#last.set(digest, now)
    if (this.#last.size > MAX_NOTED) this.#last.delete(this.#last.keys().next().value!)
    return true
  }
}

const NOTE_EVERY_MS = 60_000
/** About a megabyte. */
const MAX_NOTED = 10_000
