/** A typed signal: what happened, told to whoever listens. Listeners run in order, in the same turn. */
export class Signal<Event> {
  #listeners = new Set<(event: Event) => void>()

  /** Returns what takes the listener off again. */
  on(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(event: Event): void {
    for (const listener of [...this.#listeners]) listener(event)
  }

  get size(): number {
    return this.#listeners.size
  }
}
