import { type FSWatcher, watch } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { untilReached } from '../control/backoff.ts'
import { Masker, type SecretForm } from './masker.ts'
import { HeadAndTail, type TrimLimits } from './trim.ts'

/** What a person reads is at the ends: how it began, and what broke. The page can search as much as both. */
const LIMITS: TrimLimits = { head: 48 * 1024 * 1024, tail: 16 * 1024 * 1024 }
/** More than this is cut in the middle; the control plane refuses twice this. */
export const MAX_LOG_BYTES: number = LIMITS.head + LIMITS.tail
/** One append. */
const MAX_APPEND_BYTES = 1024 * 1024
const READ_BYTES = 256 * 1024
/** Lines written within this go together. */
const GATHER_MS = 20
/** Where the file system tells no changes. */
const POLL_MS = 1000

export interface LogSink {
  /** Adds bytes at `offset`; gives the length there is then. */
  append(offset: number, bytes: Uint8Array, signal: AbortSignal): Promise<number>
}

/**
 * Sends an attempt's log while it is written. Offsets count redacted bytes; of a log that is too long the
 * middle is left out. Both give the same bytes however the log is cut, so a runner that adopts an attempt reads the raw log again from its beginning and
 * passes over what the control plane has: no position is kept on disk that a crash could leave behind.
 */
export class LogStream {
  readonly #path: string
  readonly #secrets: readonly SecretForm[]
  readonly #sink: LogSink
  readonly #signal: AbortSignal
  readonly #limits: TrimLimits
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES)
  #masker: Masker
  #trim: HeadAndTail
  #file: FileHandle | undefined
  #watcher: FSWatcher | undefined
  #poll: NodeJS.Timeout | undefined
  #gather: NodeJS.Timeout | undefined
  /** Raw bytes read. */
  #read = 0
  /** Redacted and trimmed bytes made, and of those the ones that the control plane has. */
  #made = 0
  #acknowledged = 0
  #pending: Buffer[] = []
  #rewound = false
  #work: Promise<void> = Promise.resolve()
  #queued = false
  #problem: unknown

  constructor(
    path: string,
    secrets: readonly SecretForm[],
    sink: LogSink,
    options: { signal: AbortSignal; limits?: TrimLimits },
  ) {
    this.#path = path
    this.#secrets = secrets
    this.#sink = sink
    this.#signal = options.signal
    this.#limits = options.limits ?? LIMITS
    this.#masker = new Masker(secrets)
    this.#trim = new HeadAndTail(this.#limits)
  }

  /** Begins to follow the file, which must exist. `resume`: asks first how much the control plane has. */
  async start(resume: boolean): Promise<void> {
    this.#file = await open(this.#path, 'r')
    if (resume) void this.#enqueue(() => this.#send(new Uint8Array(0)))
    this.#watcher = watch(this.#path, { persistent: false }, () => this.#changed())
    this.#watcher.on('error', () => undefined)
    this.#poll = setInterval(() => this.#flushSoon(), POLL_MS)
    this.#poll.unref()
    if (resume) this.#changed()
  }

  /** Sends what is left, to the last byte, and waits until the control plane has it. Throws what sending threw. */
  async finish(): Promise<void> {
    this.#stopWatching()
    await this.#enqueue(async () => {
      do {
        this.#rewound = false
        await this.#flush()
        this.#make(this.#trim.push(this.#masker.end()))
        this.#make(this.#trim.end())
        await this.#sendPending()
      } while (this.#rewound)
    })
    await this.#close()
    if (this.#problem !== undefined) throw this.#problem
  }

  /** Stops without sending more. */
  async abandon(): Promise<void> {
    this.#stopWatching()
    await this.#work
    await this.#close()
  }

  #stopWatching(): void {
    this.#watcher?.close()
    clearInterval(this.#poll)
    clearTimeout(this.#gather)
  }

  async #close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  #changed(): void {
    this.#gather ??= setTimeout(() => {
      this.#gather = undefined
      this.#flushSoon()
    }, GATHER_MS)
  }

  #flushSoon(): void {
    if (this.#queued) return
    this.#queued = true
    void this.#enqueue(() => {
      this.#queued = false
      return this.#flush()
    })
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (this.#problem !== undefined) return
      await work().catch(error => {
        this.#problem = error
      })
    })
    return this.#work
  }

  async #flush(): Promise<void> {
    while (this.#file) {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, READ_BYTES, this.#read)
      if (bytesRead === 0) break
      this.#read += bytesRead
      this.#make(this.#trim.push(this.#masker.push(this.#buffer.subarray(0, bytesRead))))
      if (this.#made - this.#acknowledged >= MAX_APPEND_BYTES) await this.#sendPending()
    }
    await this.#sendPending()
  }

  /** Takes bytes in as they are to be sent; those that the control plane has already are passed over. */
  #make(bytes: Buffer): void {
    const known = Math.max(0, this.#acknowledged - this.#made)
    this.#made += bytes.length
    if (known < bytes.length) this.#pending.push(bytes.subarray(known))
  }

  async #sendPending(): Promise<void> {
    while (this.#pending.length > 0) {
      const all = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending)
      this.#pending = [all]
      await this.#send(all.subarray(0, MAX_APPEND_BYTES))
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const offset = this.#acknowledged
    const length = await untilReached(this.#signal, () => this.#sink.append(offset, bytes, this.#signal))
    if (length < offset) return this.#rewind(length)
    const all = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending)
    const rest = all.subarray(Math.min(all.length, length - offset))
    this.#pending = rest.length > 0 ? [rest] : []
    this.#acknowledged = length
  }

  /** The control plane has less than it had (an older copy was restored): everything after that is made again. */
  #rewind(length: number): void {
    this.#masker = new Masker(this.#secrets)
    this.#read = 0
    this.#made = 0
    this.#trim = new HeadAndTail(this.#limits)
    this.#pending = []
    this.#acknowledged = length
    this.#rewound = true
  }
}
