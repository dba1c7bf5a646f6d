import { type Logger, messageOf } from '../core/index.ts'

/** Work that nobody waits for: a failure is logged, never lost and never the end of the process. */
export class Background {
  readonly #logger: Logger
  readonly #running = new Set<Promise<void>>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  run(failure: string, work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => this.#logger.error({ error: messageOf(error) }, failure))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  get idle(): boolean {
    return this.#running.size === 0
  }

  /** When nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
