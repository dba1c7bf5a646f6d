import { appendFile, mkdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Logger, messageOf, systemCode } from '../../../../core/index.ts'

const NAME = 'pairs'
/** With these, at most 160 MiB in all. */
const MAX_FILE_BYTES: number = 32 * 2 ** 20
const FILES = 5
/** Lines that wait for a slow disk; more are dropped and counted. */
const MAX_WAITING_BYTES: number = 4 * 2 ** 20
const GATHER_MS = 500

/** Takes lines of pairs; nobody waits for them. */
export interface PairsSink {
  write(line: string): void
  close(): Promise<void>
}

/** `pairs.jsonl` in a folder; when it is full it becomes `pairs.1.jsonl`, that one `pairs.2.jsonl`, and so on. */
export class PairsFile implements PairsSink {
  readonly #folder: string
  readonly #maxBytes: number
  readonly #logger: Logger
  #lines: string[] = []
  #waiting = 0
  #size: number | undefined
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #told = false
  /** Lines that were not written. */
  dropped = 0

  constructor(folder: string, logger: Logger, maxBytes: number = MAX_FILE_BYTES) {
    this.#folder = folder
    this.#logger = logger
    this.#maxBytes = maxBytes
  }

  write(line: string): void {
    if (this.#waiting + line.length > MAX_WAITING_BYTES) {
      this.dropped++
      return
    }
    this.#lines.push(line)
    this.#waiting += line.length
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS)
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    while (this.#lines.length > 0 || this.#writing !== undefined) {
      this.#flush()
      await this.#writing
    }
  }

  #flush(): void {
    this.#timer = undefined
    if (this.#writing !== undefined || this.#lines.length === 0) return
    const text = `${this.#lines.join('\n')}\n`
    const count = this.#lines.length
    this.#lines = []
    this.#writing = this.#append(text)
      .catch(error => {
        this.dropped += count
        if (!this.#told) this.#logger.warn({ reason: messageOf(error) }, 'pairs of answers are not kept')
        this.#told = true
      })
      .finally(() => {
        this.#waiting -= text.length - count
        this.#writing = undefined
        if (this.#lines.length > 0) this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS)
      })
  }

  async #append(text: string): Promise<void> {
    if (this.#size === undefined) {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      this.#size = await sizeOf(this.#path(0))
    }
    const bytes = Buffer.byteLength(text)
    if (this.#size > 0 && this.#size + bytes > this.#maxBytes) {
      for (let i = FILES - 2; i >= 0; i--) await rename(this.#path(i), this.#path(i + 1)).catch(ignoreMissing)
      this.#size = 0
    }
    await appendFile(this.#path(0), text, { mode: 0o600 })
    this.#size += bytes
  }

  #path(i: number): string {
    return join(this.#folder, i === 0 ? `${NAME}.jsonl` : `${NAME}.${i}.jsonl`)
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    ignoreMissing(error)
    return 0
  }
}

function ignoreMissing(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error
}
