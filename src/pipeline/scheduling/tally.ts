import type { JobView } from '../types.ts'
import { isOpen, isOptional } from './view.ts'

/** What the jobs before another have come to. `because`: the one that made it so. */
export type Before =
  | { readonly kind: 'open' }
  | { readonly kind: 'succeeded' }
  /** None of them ran. */
  | { readonly kind: 'skipped'; readonly because: JobView }
  | { readonly kind: 'canceled'; readonly because: JobView }
  | { readonly kind: 'failed'; readonly because: JobView }

/**
 * Counts what jobs have come to. A failure outweighs a cancellation; a job that may fail has gone well either way;
 * a manual job that may be left alone counts as skipped until somebody starts it.
 */
export class Tally {
  open = 0
  #ran = 0
  #failed: JobView | undefined
  #canceled: JobView | undefined
  #idle: JobView | undefined

  add(job: JobView): void {
    const { state, allowFailure } = job
    if (isOpen(job)) this.open++
    else if (state === 'skipped' || isOptional(job)) this.#idle ??= job
    else if (state === 'succeeded' || allowFailure) this.#ran++
    else if (state === 'canceled') this.#canceled ??= job
    else this.#failed ??= job
  }

  addAll(other: Tally): void {
    this.open += other.open
    this.#ran += other.#ran
    this.#failed ??= other.#failed
    this.#canceled ??= other.#canceled
    this.#idle ??= other.#idle
  }

  get before(): Before {
    if (this.open > 0) return { kind: 'open' }
    if (this.#failed) return { kind: 'failed', because: this.#failed }
    if (this.#canceled) return { kind: 'canceled', because: this.#canceled }
    if (this.#ran === 0 && this.#idle) return { kind: 'skipped', because: this.#idle }
    return { kind: 'succeeded' }
  }

  /** One that did not run, whatever the others did. */
  get idle(): JobView | undefined {
    return this.#idle
  }
}
