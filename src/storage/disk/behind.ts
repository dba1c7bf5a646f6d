import type { FileHandle } from 'node:fs/promises'
import { freeBuffer } from '../../core/index.ts'

/** What may wait while one write is under way: memory for each upload. */
const MAX_WAITING_BYTES = 1 << 20
/** So much is handed to the disk at a time, so that the sync at the end has little left to wait for. */
const SYNC_BYTES = 64 << 20
/** Each takes one of Node's four threads for files, and others want to write meanwhile. */
const MAX_SYNCS = 2
let syncs = 0

/** Writes a file from its beginning behind its caller's back: what is given while a write is under way goes out together. */
export class Behind {
  readonly #handle: FileHandle
  readonly #disposable: boolean
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #at = 0
  #unsynced = 0
  #writing: Promise<void> | undefined
  #syncing: Promise<void> | undefined
  #failure: unknown

  /** `disposable`: what was written is freed at once. */
  constructor(handle: FileHandle, disposable: boolean) {
    this.#handle = handle
    this.#disposable = disposable
  }

  /** Bytes that are in the file. */
  get written(): number {
    return this.#at
  }

  /** Resolves when more may come. Throws what an earlier write failed by. The bytes must stay as they are. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.byteLength
    this.#writing ??= this.#run()
    if (this.#waitingBytes >= MAX_WAITING_BYTES) await this.#writing
    if (this.#failure !== undefined) throw this.#failure
  }

  /** When all is written; throws what a write failed by. After a failure it is safe to close the file. */
  async end(): Promise<void> {
    await this.#writing
    await this.#syncing
    if (this.#failure !== undefined) throw this.#failure
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && this.#failure === undefined) {
        const parts = this.#waiting
        this.#waiting = []
        this.#waitingBytes = 0
        await this.#writeAll(parts)
        if (this.#disposable) for (const part of parts) freeBuffer(part)
        this.#syncSome()
      }
    } catch (failure) {
      this.#failure = failure
    } finally {
      this.#writing = undefined
    }
  }

  /** A write may take less than it was given, as on a disk that fills up. */
  async #writeAll(parts: readonly Uint8Array[]): Promise<void> {
    for (let left = parts; left.length > 0; ) {
      const { bytesWritten } = await this.#handle.writev(left, this.#at)
      this.#at += bytesWritten
      this.#unsynced += bytesWritten
      left = rest(left, bytesWritten)
    }
  }

  #syncSome(): void {
    if (this.#unsynced < SYNC_BYTES || this.#syncing !== undefined || syncs >= MAX_SYNCS) return
    this.#unsynced = 0
    syncs++
    this.#syncing = this.#handle
      .datasync()
      .catch((failure: unknown) => {
        this.#failure = failure
      })
      .finally(() => {
        syncs--
        this.#syncing = undefined
      })
  }
}

function rest(parts: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let left = written
  for (const [place, part] of parts.entries()) {
    if (left < part.byteLength) return [part.subarray(left), ...parts.slice(place + 1)]
    left -= part.byteLength
  }
  return []
}
