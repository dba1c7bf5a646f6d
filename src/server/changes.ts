import type { Change } from '../api/index.ts'
import { Signal } from '../core/index.ts'

export interface NumberedChange {
  readonly id: number
  readonly change: Change
}

/** How many changes a reconnecting reader may have missed; beyond it, it is told to read everything again. */
const MAX_KEPT = 2000

/** What changed, for the UI, `git push` and everybody else who shows state. Told after the state is stored. */
export class ChangeFeed {
  readonly #signal = new Signal<NumberedChange>()
  readonly #kept: NumberedChange[] = []
  // Ids go on rising over a restart, so that a reader's Last-Event-ID of yesterday is not mistaken for today's.
  #next = Date.now() * 1000

  tell(change: Change): void {
    const numbered = { id: this.#next++, change }
    this.#kept.push(numbered)
    if (this.#kept.length > MAX_KEPT) this.#kept.shift()
    this.#signal.emit(numbered)
  }

  on(listener: (change: NumberedChange) => void): () => void {
    return this.#signal.on(listener)
  }

  /** Changes after `id`, or undefined when some of them are no longer kept, or nobody ever told that one. */
  since(id: number): readonly NumberedChange[] | undefined {
    const first = this.#kept[0]?.id ?? this.#next
    return id + 1 < first || id >= this.#next ? undefined : this.#kept.filter(kept => kept.id > id)
  }
}
