import type { ByteSource } from '../../../core/index.ts'
import { CHUNK_BYTES } from '../limits.ts'

/** A file's bytes from its start to its end, a chunk at a time. */
export class Window {
  readonly source: ByteSource
  /** Bytes at hand. */
  bytes: Uint8Array = new Uint8Array(0)
  /** In the file, of the first of them. */
  start = 0
  /** In `bytes`. */
  at = 0

  constructor(source: ByteSource) {
    this.source = source
  }

  get offset(): number {
    return this.start + this.at
  }

  /** Goes on at a place further on. */
  jump(offset: number): void {
    this.start = offset
    this.bytes = new Uint8Array(0)
    this.at = 0
  }

  /** Whether a byte is at hand, or could be had. */
  async more(): Promise<boolean> {
    if (this.at < this.bytes.byteLength) return true
    const next = this.start + this.bytes.byteLength
    const length = Math.min(CHUNK_BYTES, this.source.size - next)
    if (length <= 0) return false
    this.bytes = await this.source.read(next, length)
    this.start = next
    this.at = 0
    return true
  }
}
