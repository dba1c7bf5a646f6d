import { crc32, deflateRawSync } from 'node:zlib'

export interface Entry {
  readonly name: string | Uint8Array
  readonly data: Uint8Array
  readonly deflate?: boolean
  /** Sizes and offset go into the zip64 extra field. */
  readonly zip64?: boolean
  /** Bit 3: zeros in the local header. */
  readonly streamed?: boolean
  /** What the directory says instead of the truth. */
  readonly central?: {
    readonly name?: string
    readonly size?: number
    readonly method?: number
    readonly crc32?: number
    readonly flags?: number
    readonly offset?: number
  }
  /** What the local header says instead. */
  readonly local?: {
    readonly name?: string
    readonly size?: number
    readonly method?: number
    readonly crc32?: number
  }
}

/** A zip archive, honest or not. */
export function zipOf(
  entries: readonly Entry[],
  end: { count?: number; comment?: string; zip64?: boolean } = {},
): Uint8Array {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const packed = entry.deflate ? deflateRawSync(entry.data) : Buffer.from(entry.data)
    const local = Buffer.concat([localHeader(entry, packed.length), packed])
    centrals.push(centralHeader(entry, packed.length, entry.central?.offset ?? offset))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(centrals)
  const count = end.count ?? entries.length
  return Buffer.concat([...locals, directory, endRecords(count, directory.length, offset, end)])
}

function fields(values: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Buffer {
  return Buffer.concat(
    values.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes)
      if (bytes === 8) field.writeBigUInt64LE(BigInt(value))
      else field.writeUIntLE(value, 0, bytes)
      return field
    }),
  )
}

function localHeader(entry: Entry, packed: number): Buffer {
  const { local = {}, zip64, streamed } = entry
  const name = Buffer.from(local.name ?? entry.name)
  const size = local.size ?? entry.data.length
  const extra = zip64
    ? fields([
        [2, 1],
        [2, 16],
        [8, size],
        [8, packed],
      ])
    : Buffer.alloc(0)
  const plain = (value: number) => (streamed ? 0 : zip64 ? 0xffffffff : value)
  return Buffer.concat([
    fields([
      [4, 0x04034b50],
      [2, 20],
      [2, streamed ? 8 : 0],
      [2, local.method ?? (entry.deflate ? 8 : 0)],
      [4, 0],
      [4, streamed ? 0 : (local.crc32 ?? crc32(entry.data))],
      [4, plain(packed)],
      [4, plain(size)],
      [2, name.length],
      [2, extra.length],
    ]),
    name,
    extra,
  ])
}

function centralHeader(entry: Entry, packed: number, offset: number): Buffer {
  const { central = {}, zip64 } = entry
  const name = Buffer.from(central.name ?? entry.name)
  const size = central.size ?? entry.data.length
  const extra = zip64
    ? fields([
        [2, 1],
        [2, 24],
        [8, size],
        [8, packed],
        [8, offset],
      ])
    : Buffer.alloc(0)
  const plain = (value: number) => (zip64 ? 0xffffffff : value)
  return Buffer.concat([
    fields([
      [4, 0x02014b50],
      [2, 20],
      [2, 20],
      [2, central.flags ?? (entry.streamed ? 8 : 0)],
      [2, central.method ?? (entry.deflate ? 8 : 0)],
      [4, 0],
      [4, central.crc32 ?? crc32(entry.data)],
      [4, plain(packed)],
      [4, plain(size)],
      [2, name.length],
      [2, extra.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, plain(offset)],
    ]),
    name,
    extra,
  ])
}

function endRecords(
  count: number,
  size: number,
  offset: number,
  end: { comment?: string; zip64?: boolean },
): Buffer {
  const comment = Buffer.from(end.comment ?? '')
  const record = fields([
    [4, 0x06064b50],
    [8, 44],
    [2, 45],
    [2, 45],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, size],
    [8, offset],
  ])
  const locator = fields([
    [4, 0x07064b50],
    [4, 0],
    [8, offset + size],
    [4, 1],
  ])
  const plain = (value: number, bytes: 2 | 4) => (end.zip64 ? 2 ** (8 * bytes) - 1 : value)
  const last = fields([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, plain(count, 2)],
    [2, plain(count, 2)],
    [4, plain(size, 4)],
    [4, plain(offset, 4)],
    [2, comment.length],
  ])
  return Buffer.concat([...(end.zip64 ? [record, locator] : []), last, comment])
}
