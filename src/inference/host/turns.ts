/** Who starts first: one after the other, so that those that serve share their processors with one start at most. */
export class Turns {
  #last: Promise<void> = Promise.resolve()

  /** Gives what ends the turn, once it has come; at once when `signal` fires. */
  async take(signal: AbortSignal): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = this.#last
    this.#last = before.then(() => promise)
    await Promise.race([before, aborted(signal)])
    return resolve
  }
}

export function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
