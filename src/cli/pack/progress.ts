import { type Bytes, formatPercent, formatSize } from '../../core/index.ts'

/** Between two redraws. */
const EVERY_MS = 100

export interface ByteProgress {
  readonly show: (done: Bytes) => void
  /** Leaves the line empty. */
  clear(): void
}

/** One line on standard error: `packing: 120 MB of 1 GB (12 %), 400 MB/s`. `on`: a terminal, and no `--json`. */
export function byteProgress(what: string, total: Bytes, on: boolean): ByteProgress {
  const started = performance.now()
  let drawn = 0
  return {
    show(done) {
      const now = performance.now()
      if (!on || now - drawn < EVERY_MS) return
      drawn = now
      const speed = formatSize(Math.round(done / Math.max(0.001, (now - started) / 1000)))
      const part = total > 0 ? ` of ${formatSize(total)} (${formatPercent(done / total, 0)})` : ''
      process.stderr.write(`\r\u001b[K${what}: ${formatSize(done)}${part}, ${speed}/s`)
    },
    clear() {
      if (drawn > 0) process.stderr.write('\r\u001b[K')
    },
  }
}

export function showsProgress(json: boolean | undefined): boolean {
  return json !== true && process.stderr.isTTY
}
