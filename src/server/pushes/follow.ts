import type { Pipeline } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { Teller } from './teller.ts'

/** A push stops following a job that waits for a person or for evidence after this long; the job goes on waiting. */
const WAIT_FOR_WAITING_MS = 20_000
const LOOK_EVERY_MS = 100

/**
 * Lines for `git push`, from the pipelines' beginning to their end: what each job came to, its figures, and how
 * the rollout went. Ends early on `signal`, or when all that is left is waiting; nothing stops with it.
 */
export async function* followPush(
  plane: ControlPlane,
  pipelines: readonly Pipeline[],
  signal: AbortSignal,
): AsyncIterable<string> {
  const queue = new ChangeQueue(plane, new Set(pipelines.map(({ id }) => id as string)), signal)
  try {
    const tellers = await Promise.all(pipelines.map(async pipeline => new Teller(plane, pipeline)))
    for (const teller of tellers) yield* teller.heading()
    let waitingSince: number | undefined
    for (;;) {
      let live = false
      let waiting = true
      for (const teller of tellers) {
        const { lines, state } = await teller.news()
        yield* lines
        live ||= state !== 'ended'
        waiting &&= state !== 'running'
      }
      if (!live || signal.aborted) return
      // Other changes wake it meanwhile; what counts is how long all has been waiting.
      waitingSince = waiting ? (waitingSince ?? performance.now()) : undefined
      const rest =
        waitingSince === undefined ? undefined : waitingSince + WAIT_FOR_WAITING_MS - performance.now()
      if ((rest ?? 1) > 0 && (await queue.next(rest))) continue
      if (signal.aborted) return
      for (const teller of tellers) yield* teller.farewell()
      return
    }
  } finally {
    queue.close()
  }
}

/** Wakes on changes of the followed pipelines and of any rollout; false when the wait is over or aborted. */
class ChangeQueue {
  readonly #off: () => void
  readonly #signal: AbortSignal
  #pending = false
  #looked = Number.NEGATIVE_INFINITY
  #wake: (() => void) | undefined

  constructor(plane: ControlPlane, pipelines: ReadonlySet<string>, signal: AbortSignal) {
    this.#signal = signal
    const news = () => {
      this.#pending = true
      this.#wake?.()
    }
    this.#off = plane.changes.on(({ change }) => {
      if (change.kind === 'rollout' || (change.kind === 'pipeline' && pipelines.has(change.pipeline))) news()
    })
    signal.addEventListener('abort', () => this.#wake?.())
  }

  /** At most ten times a second: changes come in bursts, and each look reads the whole pipeline. */
  async next(wait: number | undefined): Promise<boolean> {
    await this.#breathe()
    if (!this.#pending && !this.#signal.aborted) {
      await new Promise<void>(resolve => {
        const timer = wait === undefined ? undefined : setTimeout(resolve, wait)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#wake = undefined
    }
    const had = this.#pending && !this.#signal.aborted
    this.#pending = false
    return had
  }

  async #breathe(): Promise<void> {
    const rest = this.#looked + LOOK_EVERY_MS - performance.now()
    if (rest > 0) await new Promise(resolve => setTimeout(resolve, rest))
    this.#looked = performance.now()
  }

  close(): void {
    this.#off()
  }
}
