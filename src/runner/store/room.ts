import { readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../../core/index.ts'

/** Down to this part of the bound, so that not every new file makes room. */
const DOWN_TO = 0.9
/** Files take whole blocks of a disk: many small ones are not for nothing. */
const BLOCK = 4096
/** Nothing more comes in while so many times the bound is in use at once. */
const FULL = 2
/** What nobody used for so long goes, however much room there is. */
const UNUSED_MS = 60 * 24 * 60 * 60_000
/** What was used this lately may be on its way to a job or into a manifest, of another process too: it stays. */
const IN_USE_MS = 10 * 60_000
/** A copy that nobody wrote to for so long belongs to nobody. */
const ABANDONED_MS = 60 * 60_000

interface Kept {
  readonly path: string
  readonly size: number
  readonly lastUse: number
}

/**
 * Bounds what a store holds. Other processes add to it too, so what counts is what lies there: it is looked at
 * when the store is opened, and again whenever this process' own count has passed the bound.
 */
export class Room {
  readonly #folder: string
  readonly #maxBytes: number
  #bytes: number | undefined
  #making: Promise<void> | undefined

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  /** Whether there is no room even for what is in use: nothing of it can go. */
  async isFull(): Promise<boolean> {
    if ((this.#bytes ?? 0) <= FULL * this.#maxBytes) return false
    await this.#makeRoom()
    return (this.#bytes ?? 0) > FULL * this.#maxBytes
  }

  /** Says that a content of so many bytes came in; makes room where they are too many. */
  async added(size: number): Promise<void> {
    if (this.#bytes !== undefined) this.#bytes += onDisk(size)
    if (this.#bytes === undefined || this.#bytes > this.#maxBytes) await this.#makeRoom()
  }

  async #makeRoom(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    await this.#making
  }

  async #make(): Promise<void> {
    const now = Date.now()
    const kept = await this.#list()
    let bytes = kept.reduce((sum, { size }) => sum + size, 0)
    const wanted = bytes > this.#maxBytes ? this.#maxBytes * DOWN_TO : bytes
    for (const { path, size, lastUse } of kept.sort((a, b) => a.lastUse - b.lastUse)) {
      const isNeeded = bytes <= wanted && lastUse > now - UNUSED_MS
      if (isNeeded || lastUse > now - IN_USE_MS) break
      await unlink(path).catch(ignoreMissing)
      bytes -= size
    }
    this.#bytes = bytes
  }

  async #list(): Promise<Kept[]> {
    const kept: Kept[] = []
    for (const folder of await readdir(this.#folder)) {
      const names = await readdir(join(this.#folder, folder))
      for (const name of names) {
        const path = join(this.#folder, folder, name)
        const found = await stat(path).catch(ignoreMissing)
        if (found) kept.push({ path, size: onDisk(found.size), lastUse: found.mtimeMs })
      }
    }
    return kept
  }

  /** Takes away what crashed copies left. */
  static async sweepParts(folder: string): Promise<void> {
    const before = Date.now() - ABANDONED_MS
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      const found = await stat(path).catch(ignoreMissing)
      if (found && found.mtimeMs < before) await unlink(path).catch(ignoreMissing)
    }
  }
}

function onDisk(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}

function ignoreMissing(cause: unknown): undefined {
  if (systemCode(cause) !== 'ENOENT') throw cause
}
