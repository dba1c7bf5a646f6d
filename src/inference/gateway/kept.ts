import { readFile } from 'node:fs/promises'
import { type Logger, messageOf, replaceFile, systemCode } from '../../core/index.ts'

/** The last value of its kind, as JSON on disk. Writing waits for nothing and nobody: the value is in force before. */
export class Kept<T> {
  readonly #path: string
  readonly #what: string
  readonly #read: (json: unknown) => T
  readonly #logger: Logger
  #next: T | undefined
  /** When all that was given is written. */
  settled: Promise<void> = Promise.resolve()

  /** `what` is for the log: `routing table`. `read` throws for what it can't read. */
  constructor(path: string, what: string, read: (json: unknown) => T, logger: Logger) {
    this.#path = path
    this.#what = what
    this.#read = read
    this.#logger = logger
  }

  async load(): Promise<T | undefined> {
    try {
      return this.#read(JSON.parse(await readFile(this.#path, 'utf8')))
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') {
        this.#logger.warn({ reason: messageOf(error) }, `the kept ${this.#what} could not be read`)
      }
      return undefined
    }
  }

  save(value: T): void {
    const writing = this.#next !== undefined
    this.#next = value
    if (!writing) this.settled = this.settled.then(() => this.#write())
  }

  async #write(): Promise<void> {
    const value = this.#next
    this.#next = undefined
    if (value === undefined) return
    try {
      await replaceFile(this.#path, JSON.stringify(value))
    } catch (error) {
      this.#logger.error({ reason: messageOf(error) }, `the ${this.#what} could not be kept on disk`)
    }
  }
}
