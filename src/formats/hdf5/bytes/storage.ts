import type { ByteSource } from '../../../core/index.ts'
import { fail } from '../failures.ts'
import { MAX_FILE_TYPE_NODES } from '../limits.ts'
import { Cursor, type Widths } from './cursor.ts'

/** libhdf5 lays metadata out in blocks of this many bytes. */
const PAGE_BYTES = 2048
/** 2 MiB of pages are kept: the headers of a model's datasets. */
const MAX_PAGES = 1024
/** Structures that are parsed again and again from the same bytes would take for ever: so much per file, and … */
const FREE_BYTES = 64 * 2 ** 20
/** … so many times its size. An honest walk reads each byte of metadata about twice. */
const MAX_PASSES = 16

/** The file's bytes by address: metadata through a small cache of pages, data by ranges. */
export class Storage {
  readonly source: ByteSource
  readonly base: number
  readonly widths: Widths
  /** Of the superblock's extension. */
  readonly extension: number | undefined
  readonly #pages = new Map<number, Uint8Array>()
  #spent = 0
  #typeNodes = 0

  constructor(source: ByteSource, base: number, widths: Widths, extension?: number) {
    this.source = source
    this.base = base
    this.widths = widths
    this.extension = extension
  }

  get name(): string {
    return this.source.name
  }

  place(address: number): { name: string; offset: number } {
    return { name: this.name, offset: this.base + address }
  }

  /** A structure of metadata. Throws FORMAT_TRUNCATED beyond the file's end, FORMAT_LIMIT when it goes in circles. */
  async structure(address: number, length: number, what: string): Promise<Cursor> {
    this.#check(address, length, what)
    this.#spent += length + 64
    if (this.#spent > FREE_BYTES + MAX_PASSES * this.source.size) {
      throw fail.limit(this.place(address), 'its metadata refers to the same bytes again and again')
    }
    const bytes = await this.#cached(this.base + address, length)
    return new Cursor(bytes, this.widths, { name: this.name, offset: this.base + address }, what)
  }

  /** Counts parts of datatypes that are kept. Throws FORMAT_LIMIT above `MAX_FILE_TYPE_NODES`. */
  keepType(nodes: number): void {
    this.#typeNodes += nodes
    if (this.#typeNodes > MAX_FILE_TYPE_NODES)
      throw fail.limit({ name: this.name }, `its datasets' types have over ${MAX_FILE_TYPE_NODES} parts`)
  }

  /** As `structure`, with fewer bytes where the file ends. */
  structureUpTo(address: number, most: number, least: number, what: string): Promise<Cursor> {
    const left = this.source.size - this.base - address
    return this.structure(address, Math.max(Math.min(most, left), least), what)
  }

  /** Bytes of data, past the cache. Throws FORMAT_TRUNCATED. */
  async data(address: number, length: number, what: string): Promise<Uint8Array> {
    this.#check(address, length, what)
    return this.source.read(this.base + address, length)
  }

  #check(address: number, length: number, what: string): void {
    const start = this.base + address
    if (Number.isSafeInteger(start + length) && start + length <= this.source.size) return
    throw fail.truncated(
      this.place(address),
      `${what} needs ${length} bytes, and the file ends at ${this.source.size}`,
    )
  }

  async #cached(start: number, length: number): Promise<Uint8Array> {
    const first = Math.floor(start / PAGE_BYTES)
    const last = Math.floor((start + Math.max(length, 1) - 1) / PAGE_BYTES)
    if (last - first > 3) return this.source.read(start, length)
    if (first === last) {
      const page = await this.#page(first)
      return page.subarray(start - first * PAGE_BYTES, start - first * PAGE_BYTES + length)
    }
    const bytes = new Uint8Array(length)
    for (let index = first; index <= last; index++) {
      const page = await this.#page(index)
      const at = index * PAGE_BYTES - start
      bytes.set(
        page.subarray(Math.max(0, -at), Math.max(0, Math.min(page.byteLength, length - at))),
        Math.max(0, at),
      )
    }
    return bytes
  }

  async #page(index: number): Promise<Uint8Array> {
    const known = this.#pages.get(index)
    if (known) return known
    const start = index * PAGE_BYTES
    const page = await this.source.read(start, Math.max(0, Math.min(PAGE_BYTES, this.source.size - start)))
    if (this.#pages.size >= MAX_PAGES) {
      for (const oldest of this.#pages.keys()) {
        this.#pages.delete(oldest)
        break
      }
    }
    this.#pages.set(index, page)
    return page
  }
}
