import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Milliseconds } from '../../../../core/index.ts'
import { GrowingKeys } from './keys.ts'
import { keyOf, lineOf } from './line.ts'
import { linesOf } from './read.ts'
import { find, keysPath, openSealed, recover, remove, type Segment } from './segment.ts'

export interface SegmentLimits {
  /** Of all segments and their keys. */
  readonly maxBytes: number
  readonly keepMs: Milliseconds
}

export interface Entry {
  readonly id: string
  /** Begins with the member `id`. */
  readonly json: string
}

/** The oldest segment is what goes at once: a small part of all. */
const PARTS = 32
/** Offsets within a segment have 32 bits, and a process that was killed reads its last one again. */
const MAX_SEGMENT_BYTES = 64 * 2 ** 20
const MIN_SEGMENT_BYTES = 64 * 1024
/** Beside each line. */
const KEY_BYTES = 8
const NAME = /^(\d{8})\.log$/

interface Growing {
  readonly handle: FileHandle
  readonly path: string
  readonly number: number
  readonly keys: GrowingKeys
  bytes: number
  readonly since: number
  writtenAt: number
}

/**
 * Lines in files of a folder, the oldest removed by age and by size. One process writes; a kill at any moment costs the
 * line that was under way and nothing else.
 *
 *   00000001.log, 00000001.keys     full
 *   00000002.log                    written; its keys are in memory
 */
export class Segments {
  readonly #folder: string
  readonly #now: () => number
  #limits: SegmentLimits
  #sealed: Segment[]
  #growing: Growing | undefined
  #next: number
  /** Appends, and what removes segments, one after the other. */
  #work: Promise<unknown> = Promise.resolve()

  private constructor(folder: string, limits: SegmentLimits, now: () => number, sealed: Segment[]) {
    this.#folder = folder
    this.#limits = limits
    this.#now = now
    this.#sealed = sealed
    this.#next = (sealed.at(-1)?.number ?? 0) + 1
  }

  /** `now`: epoch milliseconds. */
  static async open(folder: string, limits: SegmentLimits, now: () => number = Date.now): Promise<Segments> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const numbers = (await readdir(folder))
      .flatMap(name => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
    const path = (number: number): string => join(folder, `${String(number).padStart(8, '0')}.log`)
    const last = numbers.pop()
    const sealed: Segment[] = []
    for (const number of numbers) sealed.push(await openSealed(path(number), number))
    const segments = new Segments(folder, limits, now, sealed)
    if (last !== undefined) {
      const { handle, bytes, keys } = await recover(path(last))
      const { mtimeMs, birthtimeMs } = await handle.stat()
      segments.#growing = {
        handle,
        path: path(last),
        number: last,
        keys,
        bytes,
        since: Math.min(birthtimeMs || mtimeMs, mtimeMs),
        writtenAt: mtimeMs,
      }
      segments.#next = last + 1
    }
    await segments.retain()
    return segments
  }

  /** Of files and keys. */
  get bytes(): number {
    return this.#all().reduce((sum, { bytes, keys }) => sum + bytes + KEY_BYTES * keys.size, 0)
  }

  set limits(limits: SegmentLimits) {
    this.#limits = limits
  }

  /** Rejects where the disk does not take them; then none of them is there. */
  append(entries: readonly Entry[]): Promise<void> {
    return this.#run(() => this.#append(entries))
  }

  /** The JSON of all lines of `id`, oldest first. */
  async find(id: string): Promise<readonly string[]> {
    const found: string[] = []
    for (const segment of this.#all()) found.push(...(await find(segment, id)))
    return found
  }

  /** All lines that are there now, oldest first; those of segments last written before `since` are left out. */
  async *lines(since: number = 0): AsyncGenerator<string> {
    for (const { path, bytes, writtenAt } of this.#all()) {
      if (writtenAt < since) continue
      const handle = await open(path, 'r').catch(() => undefined)
      if (handle === undefined) continue
      try {
        for await (const { json } of linesOf(handle, 0, bytes)) if (json !== undefined) yield json
      } finally {
        await handle.close()
      }
    }
  }

  /** Removes what is too old or too much. */
  retain(): Promise<void> {
    return this.#run(() => this.#retain())
  }

  async close(): Promise<void> {
    await this.#run(async () => {
      await this.#growing?.handle.close()
      this.#growing = undefined
    })
  }

  #all(): readonly Segment[] {
    return this.#growing === undefined ? this.#sealed : [...this.#sealed, this.#growing]
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work)
    this.#work = done.catch(() => undefined)
    return done
  }

  async #append(entries: readonly Entry[]): Promise<void> {
    const growing = await this.#room()
    const offsets: number[] = []
    let text = ''
    let at = growing.bytes
    for (const { json } of entries) {
      const line = lineOf(json)
      offsets.push(at)
      at += Buffer.byteLength(line)
      text += line
    }
    try {
      await writeAll(growing.handle, Buffer.from(text), growing.bytes)
    } catch (error) {
      await growing.handle.truncate(growing.bytes).catch(() => undefined)
      throw error
    }
    entries.forEach(({ id }, i) => {
      growing.keys.add(keyOf(id), offsets[i]!)
    })
    growing.bytes = at
    growing.writtenAt = this.#now()
  }

  /** The segment that takes the next lines. */
  async #room(): Promise<Growing> {
    const growing = this.#growing
    const { maxBytes, keepMs } = this.#limits
    const part = Math.min(MAX_SEGMENT_BYTES, Math.max(MIN_SEGMENT_BYTES, maxBytes / PARTS))
    if (growing !== undefined) {
      const due = growing.bytes >= part || this.#now() - growing.since >= keepMs / PARTS
      if (!due || growing.bytes === 0) return growing
      await this.#seal(growing)
      await this.#retain()
    }
    const number = this.#next++
    const path = join(this.#folder, `${String(number).padStart(8, '0')}.log`)
    const handle = await open(path, 'wx+', 0o600)
    const now = this.#now()
    const made = { handle, path, number, keys: new GrowingKeys(), bytes: 0, since: now, writtenAt: now }
    this.#growing = made
    return made
  }

  async #seal({ handle, path, number, keys, bytes, writtenAt }: Growing): Promise<void> {
    const sorted = keys.sorted()
    await sorted.save(keysPath(path), bytes)
    await handle.close()
    this.#growing = undefined
    this.#sealed = [...this.#sealed, { path, number, bytes, writtenAt, keys: sorted }]
  }

  async #retain(): Promise<void> {
    const { maxBytes, keepMs } = this.#limits
    const oldest = this.#now() - keepMs
    const growing = this.#growing
    if (growing !== undefined && growing.bytes > 0 && growing.writtenAt < oldest) await this.#seal(growing)
    for (let first = this.#sealed[0]; first !== undefined; first = this.#sealed[0]) {
      if (first.writtenAt >= oldest && this.bytes <= maxBytes) return
      this.#sealed = this.#sealed.slice(1)
      await remove(first)
    }
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at)
    at += bytesWritten
  }
}
