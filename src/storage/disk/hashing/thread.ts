import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Drop, Reach, Reached } from './messages.ts'

/** From the sources, from a chunk of the bundle, from the bundle's root. */
const ENTRIES = ['./worker.ts', '../hashing.js', './hashing.js']

/** It holds a window and some numbers. */
const HEAP = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 }

/**
 * The thread that hashes what this process writes: one for all files, started by the first large one. An idle one does
 * not keep the process alive.
 */
class HashThread {
  #worker: Worker | undefined
  #asked = 0
  readonly #waiting = new Map<number, (reached: Reached) => void>()

  reach(message: Reach): Promise<Reached> {
    const worker = this.#running()
    return new Promise(resolve => {
      this.#waiting.set(message.hash, resolve)
      if (++this.#asked === 1) worker.ref()
      worker.postMessage(message)
    })
  }

  drop(message: Drop): void {
    this.#worker?.postMessage(message)
  }

  #running(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(entry(), { execArgv: [], env: {}, resourceLimits: HEAP })
    worker.unref()
    worker.on('message', (reached: Reached) => this.#answer(reached))
    const failed = (error: unknown) => {
      if (this.#worker === worker) this.#worker = undefined
      for (const hash of [...this.#waiting.keys()]) this.#answer({ hash, problem: String(error) })
    }
    worker.on('error', failed)
    worker.on('exit', code => failed(new Error(`The hashing thread ended with ${code}`)))
    this.#worker = worker
    return worker
  }

  #answer(reached: Reached): void {
    const resolve = this.#waiting.get(reached.hash)
    if (resolve === undefined) return
    this.#waiting.delete(reached.hash)
    if (--this.#asked === 0) this.#worker?.unref()
    resolve(reached)
  }
}

const thread = new HashThread()
let last = 0

/** The SHA-256 of a file that is being written, by another thread, which reads what was written out of the page cache. */
export class FileHash {
  readonly #fd: number
  readonly #id: number = ++last
  #under: Promise<Reached> | undefined

  /** `fd`: open for reading too, and until `end` or `abandon` has resolved. */
  constructor(fd: number) {
    this.#fd = fd
  }

  /** Bytes up to `to` are written. Nothing happens while an earlier part is being hashed: a later call covers it. */
  reach(to: number): void {
    if (this.#under) return
    const under = this.#ask(to, false)
    this.#under = under
    void under.then(({ problem }) => {
      // One that failed stays, so that `end` meets it.
      if (problem === undefined && this.#under === under) this.#under = undefined
    })
  }

  /** Hex digits of all `size` bytes. */
  async end(size: number): Promise<string> {
    const before = await this.#under
    const { hex, problem } = before?.problem === undefined ? await this.#ask(size, true) : before
    if (hex === undefined) throw new Error(problem ?? 'The hashing thread gave no digest')
    return hex
  }

  /** Resolves when the file may be closed. */
  async abandon(): Promise<void> {
    await this.#under
    thread.drop({ kind: 'drop', hash: this.#id })
  }

  #ask(to: number, last: boolean): Promise<Reached> {
    return thread.reach({ kind: 'reach', hash: this.#id, fd: this.#fd, to, last })
  }
}

function entry(): URL {
  const found = ENTRIES.map(path => new URL(path, import.meta.url)).find(url => existsSync(url))
  if (found === undefined) throw new Error(`No ${ENTRIES.join(', ')} beside ${import.meta.url}`)
  return found
}
