import { clean } from '../output/clean.ts'

/** Between two redraws. */
const EVERY_MS = 100
const MAX_NAME = 50

export interface Progress {
  show(done: number, name: string): void
  /** Leaves the line empty. */
  clear(): void
}

/** One line on standard error that counts up, on a terminal only. */
export function progressOf(on: boolean, total: number): Progress {
  let drawn = 0
  return {
    show(done, name) {
      const now = performance.now()
      if (!on || now - drawn < EVERY_MS) return
      drawn = now
      process.stderr.write(`\r\u001b[K${done} of ${total} tensors: ${clean(name).slice(0, MAX_NAME)}`)
    },
    clear() {
      if (on && drawn > 0) process.stderr.write('\r\u001b[K')
    },
  }
}
