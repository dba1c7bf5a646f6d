import { formatSize } from '../../core/index.ts'
import { clean } from '../output/clean.ts'

/** Between two redraws. */
const EVERY_MS = 100
/** The rate is that of the last so many milliseconds. */
const WINDOW_MS = 5000
const MAX_NAME = 40

/** One line on standard error: how much of all has come, how fast, and of which file. On a terminal only. */
export class TransferProgress {
  readonly #on: boolean
  readonly #total: number
  #done = 0
  #drawn = 0
  #samples: { readonly at: number; readonly done: number }[] = []

  constructor(on: boolean, total: number) {
    this.#on = on
    this.#total = total
  }

  add(bytes: number, name: string): void {
    this.#done += bytes
    const now = performance.now()
    if (!this.#on || now - this.#drawn < EVERY_MS) return
    this.#drawn = now
    process.stderr.write(`\r\u001b[K${this.line(now)} · ${clean(name).slice(-MAX_NAME)}`)
  }

  /** `1.2 GB of 3.4 GB (35 %) · 120 MB/s`. */
  line(now: number): string {
    this.#samples = [...this.#samples.filter(({ at }) => now - at < WINDOW_MS), { at: now, done: this.#done }]
    const { at, done } = this.#samples[0]!
    const percent = this.#total === 0 ? 100 : Math.floor((100 * this.#done) / this.#total)
    const head = `${formatSize(this.#done)} of ${formatSize(this.#total)} (${percent} %)`
    return now > at
      ? `${head} · ${formatSize(Math.max(0, (1000 * (this.#done - done)) / (now - at)))}/s`
      : head
  }

  clear(): void {
    if (this.#on && this.#drawn > 0) process.stderr.write('\r\u001b[K')
  }
}
