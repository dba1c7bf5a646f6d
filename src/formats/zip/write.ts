import { Readable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'
import type { ByteSink } from '../ports.ts'
import { invalidZip } from './records.ts'

/** Sizes and offsets from here on take the 64-bit fields; deflate may make a little more of its input. */
const LARGE = 0xf0000000
const FULL = 0xffffffff
/** 1980-01-01, the first day that zip knows: the same content gives the same bytes. */
const DOS_DATE = 0x21
const STREAMED = 0x0008
const UTF8 = 0x0800

interface Written {
  readonly name: Uint8Array
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly offset: number
}

export interface ZipWriter {
  /** Streams one entry. `size` is what its bytes will be; throws ZIP_INVALID where they are not, or for a name twice. */
  add(
    name: string,
    size: number,
    data: AsyncIterable<Uint8Array>,
    method?: 'stored' | 'deflate',
  ): Promise<void>
  /** Writes the directory. */
  finish(): Promise<void>
}

/**
 * A zip archive written front to back: sizes and checksums stand behind each entry's data and in the directory; the
 * 64-bit forms are used where they are needed.
 */
export function zipTo(sink: ByteSink): ZipWriter {
  const entries: Written[] = []
  const names = new Set<string>()
  let at = 0
  const write = async (bytes: Uint8Array): Promise<void> => {
    await sink.write(bytes)
    at += bytes.byteLength
  }

  return {
    async add(label, size, data, method = 'stored') {
      if (names.has(label)) throw invalidZip(`Two entries are named '${label}'`)
      names.add(label)
      const name = Buffer.from(label)
      const flags = STREAMED | (name.length === label.length ? 0 : UTF8)
      const entry = { name, flags, method: method === 'stored' ? 0 : 8, offset: at }
      const large = size >= LARGE
      await write(localHeader(entry, large))
      let [crc, read] = [0, 0]
      const counted = async function* () {
        for await (const piece of data) {
          crc = crc32(piece, crc)
          read += piece.byteLength
          yield piece
        }
      }
      const start = at
      for await (const piece of method === 'stored' ? counted() : deflated(counted())) await write(piece)
      if (read !== size) throw invalidZip(`The entry '${label}' has ${read} bytes, and should have ${size}`)
      const packed = at - start
      await write(descriptor(crc, packed, size, large))
      entries.push({ ...entry, crc, packed, size })
    },
    async finish() {
      const start = at
      for (const entry of entries) await write(centralEntry(entry))
      await write(endRecords(entries.length, start, at - start))
    },
  }
}

async function* deflated(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield* Readable.from(pieces, { objectMode: true }).compose(createDeflateRaw()) as AsyncIterable<Uint8Array>
}

function localHeader(entry: Pick<Written, 'name' | 'flags' | 'method'>, large: boolean): Uint8Array {
  const { name, flags, method } = entry
  const bytes = Buffer.alloc(30 + name.length + (large ? 20 : 0))
  bytes.writeUInt32LE(0x04034b50, 0)
  bytes.writeUInt16LE(large ? 45 : 20, 4)
  bytes.writeUInt16LE(flags, 6)
  bytes.writeUInt16LE(method, 8)
  bytes.writeUInt16LE(DOS_DATE, 12)
  // Checksum and sizes follow the data. A 64-bit field says how wide they will be.
  bytes.writeUInt16LE(name.length, 26)
  bytes.set(name, 30)
  if (large) {
    bytes.writeUInt32LE(FULL, 18)
    bytes.writeUInt32LE(FULL, 22)
    bytes.writeUInt16LE(20, 28)
    bytes.writeUInt16LE(1, 30 + name.length)
    bytes.writeUInt16LE(16, 32 + name.length)
  }
  return bytes
}

function descriptor(crc: number, packed: number, size: number, large: boolean): Uint8Array {
  const bytes = Buffer.alloc(large ? 24 : 16)
  bytes.writeUInt32LE(0x08074b50, 0)
  bytes.writeUInt32LE(crc, 4)
  if (large) {
    bytes.writeBigUInt64LE(BigInt(packed), 8)
    bytes.writeBigUInt64LE(BigInt(size), 16)
  } else {
    bytes.writeUInt32LE(packed, 8)
    bytes.writeUInt32LE(size, 12)
  }
  return bytes
}

function centralEntry({ name, flags, method, crc, packed, size, offset }: Written): Uint8Array {
  const wide = [size, packed, offset].filter(value => value >= LARGE)
  const extra = wide.length > 0 ? 4 + wide.length * 8 : 0
  const bytes = Buffer.alloc(46 + name.length + extra)
  const narrow = (value: number): number => (value >= LARGE ? FULL : value)
  bytes.writeUInt32LE(0x02014b50, 0)
  bytes.writeUInt16LE(extra > 0 ? 45 : 20, 4)
  bytes.writeUInt16LE(extra > 0 ? 45 : 20, 6)
  bytes.writeUInt16LE(flags, 8)
  bytes.writeUInt16LE(method, 10)
  bytes.writeUInt16LE(DOS_DATE, 14)
  bytes.writeUInt32LE(crc, 16)
  bytes.writeUInt32LE(narrow(packed), 20)
  bytes.writeUInt32LE(narrow(size), 24)
  bytes.writeUInt16LE(name.length, 28)
  bytes.writeUInt16LE(extra, 30)
  bytes.writeUInt32LE(narrow(offset), 42)
  bytes.set(name, 46)
  if (extra > 0) {
    bytes.writeUInt16LE(1, 46 + name.length)
    bytes.writeUInt16LE(wide.length * 8, 48 + name.length)
    for (const [i, value] of wide.entries()) bytes.writeBigUInt64LE(BigInt(value), 50 + name.length + i * 8)
  }
  return bytes
}

function endRecords(count: number, offset: number, size: number): Uint8Array {
  const large = count >= 0xffff || offset >= LARGE || size >= LARGE
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(large ? 0xffff : count, 8)
  end.writeUInt16LE(large ? 0xffff : count, 10)
  end.writeUInt32LE(large ? FULL : size, 12)
  end.writeUInt32LE(large ? FULL : offset, 16)
  if (!large) return end
  const wide = Buffer.alloc(56 + 20)
  wide.writeUInt32LE(0x06064b50, 0)
  wide.writeBigUInt64LE(44n, 4)
  wide.writeUInt16LE(45, 12)
  wide.writeUInt16LE(45, 14)
  wide.writeBigUInt64LE(BigInt(count), 24)
  wide.writeBigUInt64LE(BigInt(count), 32)
  wide.writeBigUInt64LE(BigInt(size), 40)
  wide.writeBigUInt64LE(BigInt(offset), 48)
  wide.writeUInt32LE(0x07064b50, 56)
  wide.writeBigUInt64LE(BigInt(offset + size), 64)
  wide.writeUInt32LE(1, 72)
  return Buffer.concat([wide, end])
}
