import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, readFile, rename, unlink } from 'node:fs/promises'
import { type Bytes, type Digest, digestOfValue, systemCode } from '../../../core/index.ts'
import type { ByteSink } from '../../../formats/index.ts'
import { draftOf, leftDrafts, notesOf } from './names.ts'

/** Written at once; two of them are held: one is filled while the other goes to the disk. */
const BLOCK_BYTES = 1024 * 1024
/** So often the digest of what was written is noted: a run that goes on does again at most as much. */
const NOTE_BYTES = 16 * BLOCK_BYTES
/** So often the disk is asked to keep what it has, so that at the end little is left to wait for. */
const SYNC_BYTES = 32 * BLOCK_BYTES

/**
 * A file that is written under another name until it is whole. A draft of a process that was killed is gone on with,
 * as far as its bytes have the digest that its writer noted, if both write the same.
 */
export class Draft implements ByteSink {
  readonly #path: string
  readonly #draft: string
  /** What is written, beside what `resume` is told; undefined: nothing is taken over or noted. */
  readonly #key: string | undefined
  #hash: Hash = createHash('sha256')
  #handle: FileHandle | undefined
  #notes: FileHandle | undefined
  #blocks: readonly [Buffer, Buffer] | undefined
  #filled = 0
  #size: Bytes = 0
  #writing: Promise<void> | undefined
  #syncing: Promise<void> | undefined
  #resumed: Bytes = 0

  constructor(path: string, key?: string) {
    this.#path = path
    this.#draft = draftOf(path)
    this.#key = key
  }

  /** What was there of a draft before. */
  get resumed(): Bytes {
    return this.#resumed
  }

  /** 0 where nothing was written: then there is no file. */
  get size(): Bytes {
    return this.#size
  }

  async resume(plan: Digest): Promise<Bytes> {
    if (this.#key === undefined) return 0
    const key = digestOfValue([this.#key, plan])
    for (const left of await leftDrafts(this.#path)) {
      if (this.#resumed > 0 || !(await this.#takeOver(left, key))) await remove(left)
    }
    if (!this.#notes) {
      this.#notes = await open(notesOf(this.#draft), 'wx', 0o644)
      await this.#notes.write(`${key}\n`)
    }
    return this.#resumed
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#handle ??= await open(this.#draft, 'wx', 0o644)
    this.#blocks ??= [Buffer.allocUnsafeSlow(BLOCK_BYTES), Buffer.allocUnsafeSlow(BLOCK_BYTES)]
    for (let at = 0; at < bytes.byteLength; ) {
      const part = bytes.subarray(at, at + BLOCK_BYTES - this.#filled)
      this.#blocks[0].set(part, this.#filled)
      this.#filled += part.byteLength
      at += part.byteLength
      if (this.#filled === BLOCK_BYTES) await this.#flush()
    }
  }

  /** Gives the file its name; what it is made of, and its size. */
  async finish(): Promise<{ readonly digest: Digest; readonly size: Bytes }> {
    await this.#flush()
    await this.#writing
    await this.#syncing
    await this.#handle?.sync()
    await this.#close()
    await rename(this.#draft, this.#path)
    await unlink(notesOf(this.#draft)).catch(() => undefined)
    return { digest: `sha256:${this.#hash.digest('hex')}` as Digest, size: this.#size }
  }

  /** Takes away what was not finished. */
  async discard(): Promise<void> {
    await this.#writing?.catch(() => undefined)
    await this.#close()
    await remove(this.#draft)
  }

  async #close(): Promise<void> {
    await this.#syncing?.catch(() => undefined)
    await this.#handle?.close()
    await this.#notes?.close()
    this.#handle = this.#notes = undefined
  }

  async #flush(): Promise<void> {
    await this.#writing
    if (!this.#blocks || this.#filled === 0) return
    const [full, other] = this.#blocks
    const [block, offset] = [full.subarray(0, this.#filled), this.#size]
    this.#blocks = [other, full]
    this.#filled = 0
    this.#size += block.byteLength
    this.#writing = this.#put(block, offset)
    // Told by the next flush; until then nobody waits for it.
    this.#writing.catch(() => undefined)
  }

  async #put(block: Buffer, offset: Bytes): Promise<void> {
    const written = writeAll(this.#handle!, block, offset)
    // Hashed while the disk is at work.
    this.#hash.update(block)
    await written
    const end = offset + block.byteLength
    if (this.#notes && end % NOTE_BYTES === 0)
      await this.#notes.write(`${end} ${this.#hash.copy().digest('hex')}\n`)
    if (end % SYNC_BYTES === 0 && !this.#syncing) {
      this.#syncing = this.#sync()
      // Told at the end.
      this.#syncing.catch(() => undefined)
    }
  }

  async #sync(): Promise<void> {
    await this.#handle!.datasync()
    this.#syncing = undefined
  }

  /** Whether a draft of another process was made by the same plan. It is this one's then, as far as it is right. */
  async #takeOver(left: string, key: Digest): Promise<boolean> {
    const notes = await readFile(notesOf(left), 'utf8').catch(() => '')
    const [theirs, ...lines] = notes.split('\n').slice(0, -1)
    if (theirs !== key) return false
    try {
      // Who renames it first has it.
      await rename(left, this.#draft)
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return true
      throw cause
    }
    this.#handle = await open(this.#draft, 'r+')
    const right = await this.#verify(this.#handle, lines)
    await this.#handle.truncate(this.#resumed)
    this.#size = this.#resumed
    await rename(notesOf(left), notesOf(this.#draft))
    this.#notes = await open(notesOf(this.#draft), 'w', 0o644)
    await this.#notes.write([theirs, ...right, ''].join('\n'))
    return true
  }

  /** Reads on as long as the digests are those that were noted; gives the lines that hold. */
  async #verify(handle: FileHandle, lines: readonly string[]): Promise<readonly string[]> {
    const room = Buffer.allocUnsafe(BLOCK_BYTES)
    const hash = createHash('sha256')
    for (const [count, line] of lines.entries()) {
      const [text, hex] = line.split(' ')
      const end = Number(text)
      if (end !== this.#resumed + NOTE_BYTES) return lines.slice(0, count)
      for (let at = this.#resumed; at < end; at += BLOCK_BYTES) {
        const { bytesRead } = await handle.read(room, 0, BLOCK_BYTES, at)
        if (bytesRead < BLOCK_BYTES) return lines.slice(0, count)
        hash.update(room)
      }
      if (hash.copy().digest('hex') !== hex) return lines.slice(0, count)
      this.#hash = hash.copy()
      this.#resumed = end
    }
    return lines
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, offset: Bytes): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, offset + done)
    done += bytesWritten
  }
}

async function remove(draft: string): Promise<void> {
  for (const path of [draft, notesOf(draft)]) await unlink(path).catch(() => undefined)
}
