import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { fail } from '../failures.ts'
import { MAX_CONTINUATIONS, MAX_HEADER_BYTES, MAX_MESSAGES } from '../limits.ts'

/** Types of header messages (HDF5 File Format Specification, IV.A.2). */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFill: 0x04,
  fill: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  sharedTable: 0x0f,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const

export interface Message {
  readonly type: number
  /** Its content lies elsewhere: in another object's header or in the heap of shared messages. */
  readonly shared: boolean
  readonly start: number
  readonly body: Cursor
}

/** An object's messages. A body is read once: `messageOf` gives a fresh cursor. */
export interface ObjectHeader {
  readonly address: number
  readonly messages: readonly Message[]
}

/** Enough for most headers at once. */
const FIRST_BYTES = 512
const PREFIX_V1 = 16

interface Block {
  readonly address: number
  readonly length: number
}

/** Reads an object header, version 1 or 2, with its continuations. Null messages and gaps are left out. */
export async function readHeader(storage: Storage, address: number): Promise<ObjectHeader> {
  const what = 'an object header'
  const head = await storage.structureUpTo(address, FIRST_BYTES, PREFIX_V1, what)
  const newer = head.bytes[0] === 0x4f
  const reader = new HeaderReader(storage)
  await (newer ? reader.version2(head, address) : reader.version1(head, address))
  return { address, messages: reader.messages }
}

/** The first message of a type, from its start; undefined where there is none. */
export function messageOf(header: ObjectHeader, type: number): Message | undefined {
  const found = header.messages.find(message => message.type === type)
  if (found) found.body.at = found.start
  return found
}

class HeaderReader {
  readonly messages: Message[] = []
  readonly #storage: Storage
  readonly #pending: Block[] = []
  readonly #seen = new Set<number>()
  #bytes = 0

  constructor(storage: Storage) {
    this.#storage = storage
  }

  async version1(head: Cursor, address: number): Promise<void> {
    head.version(1)
    head.skip(1 + 2 + 4)
    const length = head.u32()
    await this.#blocks({ address: address + PREFIX_V1, length }, cursor => this.#messages1(cursor))
  }

  async version2(head: Cursor, address: number): Promise<void> {
    head.signature('OHDR')
    head.version(2)
    const flags = head.u8()
    if ((flags & 0x20) !== 0) head.skip(16)
    if ((flags & 0x10) !== 0) head.skip(4)
    const length = head.uint(2 ** (flags & 3))
    const prefix = head.at
    const ordered = (flags & 4) !== 0
    let first = true
    await this.#blocks({ address, length: prefix + length + 4 }, cursor => {
      if (first) cursor.skip(prefix)
      else cursor.signature('OCHK')
      first = false
      this.#messages2(cursor, ordered)
    })
  }

  async #blocks(first: Block, parse: (cursor: Cursor) => void): Promise<void> {
    this.#pending.push(first)
    for (let block = this.#pending.shift(); block; block = this.#pending.shift()) {
      const place = this.#storage.place(block.address)
      if (this.#seen.has(block.address))
        throw fail.malformed(place, 'an object header continues where it has been')
      this.#seen.add(block.address)
      this.#bytes += block.length
      if (this.#seen.size > MAX_CONTINUATIONS || this.#bytes > MAX_HEADER_BYTES)
        throw fail.limit(
          place,
          `an object header has over ${MAX_CONTINUATIONS} parts or ${MAX_HEADER_BYTES} bytes`,
        )
      parse(await this.#storage.structure(block.address, block.length, 'an object header'))
    }
  }

  #messages1(cursor: Cursor): void {
    while (cursor.left >= 8) {
      const type = cursor.u16()
      const size = cursor.u16()
      const flags = cursor.u8()
      cursor.skip(3)
      this.#add(type, flags, cursor.part(size, nameOf(type)))
    }
  }

  #messages2(cursor: Cursor, ordered: boolean): void {
    const [start, end] = [cursor.at, cursor.bytes.byteLength - 4]
    if (start > end) throw cursor.malformed('an object header has no room for its checksum')
    cursor.at = end
    cursor.checksum()
    cursor.at = start
    const least = ordered ? 6 : 4
    while (end - cursor.at >= least) {
      const type = cursor.u8()
      const size = cursor.u16()
      const flags = cursor.u8()
      if (ordered) cursor.skip(2)
      if (cursor.at + size > end) throw cursor.malformed(`${nameOf(type)} goes beyond its header`)
      this.#add(type, flags, cursor.part(size, nameOf(type)))
    }
  }

  #add(type: number, flags: number, body: Cursor): void {
    if (type === 0) return
    if (type === MESSAGE.continuation) {
      this.#pending.push({ address: body.given('the continuation'), length: body.length() })
      return
    }
    if (this.messages.length >= MAX_MESSAGES)
      throw fail.limit(body.place, `an object header has over ${MAX_MESSAGES} messages`)
    this.messages.push({ type, shared: (flags & 2) !== 0, start: 0, body })
  }
}

function nameOf(type: number): string {
  const known = Object.entries(MESSAGE).find(([, value]) => value === type)
  return known ? `the ${known[0]} message` : `a message of type ${type}`
}
