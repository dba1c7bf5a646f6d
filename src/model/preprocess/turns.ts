/** Long work that stops at places where others may have their turn, and gives its result in the end. */
export type Work<T> = Generator<undefined, T, undefined>

/** What is done without a stop: about a millisecond of ordinary loops over numbers, less by kernels. */
export const TURN: number = 1_000_000

/** The whole work now. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

/** The work in turns with whatever else the event loop has to do. */
export async function inTurns<T>(work: Work<T>): Promise<T> {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
    await new Promise<void>(resolve => {
      setImmediate(resolve)
    })
  }
}

/** `run` over lines 0 … `count`, some at a time, where each costs about `cost` steps of a loop. */
export function* overLines(
  count: number,
  cost: number,
  run: (first: number, end: number) => void,
): Work<void> {
  const lines = Math.max(1, Math.floor(TURN / Math.max(1, cost)))
  for (let first = 0; first < count; first += lines) {
    if (first > 0) yield
    run(first, Math.min(count, first + lines))
  }
}
