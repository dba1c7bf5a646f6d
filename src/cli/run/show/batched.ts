export interface Batched {
  readonly write: (text: string) => void
  readonly flush: () => void
}

/** Gathers what is written in one turn of the loop: many jobs' lines cost one call. */
export function batched(write: (text: string) => void): Batched {
  let waiting: string[] = []
  const flush = (): void => {
    if (waiting.length === 0) return
    const text = waiting.join('')
    waiting = []
    write(text)
  }
  return {
    write(text) {
      if (waiting.length === 0) setImmediate(flush)
      waiting.push(text)
    },
    flush,
  }
}
