import type { ByteSource } from '../../core/index.ts'
import { FormatsError } from '../errors.ts'
import { looksLike } from '../sniff.ts'
import { Cursor, type Widths } from './bytes/cursor.ts'
import { fail } from './failures.ts'

export interface Superblock {
  readonly version: number
  /** Bytes before it: the user block, which other programs may write. */
  readonly base: number
  readonly widths: Widths
  /** Of the root group's object header. */
  readonly root: number
  /** Of the superblock extension's object header. */
  readonly extension?: number
}

const SIGNATURE = '\x89HDF\r\n\x1a\n'
const MOST_BYTES = 128
const LEAST_BYTES = 16
/** A user block doubles from 512 bytes; beyond this nobody writes one. */
const MAX_USER_BLOCK = 2 ** 30

/**
 * Finds and reads the superblock (HDF5 File Format Specification, II.A): at byte 0, 512, 1024, 2048 …
 * Throws FORMAT_UNKNOWN where there is none, FORMAT_TRUNCATED where the file is shorter than it states.
 */
export async function readSuperblock(source: ByteSource): Promise<Superblock> {
  for (let base = 0; base + 8 <= source.size && base <= MAX_USER_BLOCK; base = base === 0 ? 512 : base * 2) {
    const signature = await source.read(base, 8)
    if (Buffer.from(signature).toString('latin1') !== SIGNATURE) continue
    const bytes = await source.read(base, Math.min(MOST_BYTES, source.size - base))
    if (bytes.byteLength < LEAST_BYTES)
      throw fail.truncated(
        { name: source.name, offset: base },
        `the file ends at ${source.size}, within its superblock`,
      )
    return parse(source, bytes, base)
  }
  const looks = looksLike(await source.read(0, Math.min(source.size, 512)))
  throw new FormatsError('FORMAT_UNKNOWN', {
    message: `${source.name} is no HDF5 file: it has no signature at byte 0, 512, 1024 …${looks ? `; it looks like ${looks.what}` : ''}`,
    hint: looks?.hint ?? 'Check that this is the file that was meant.',
    details: { format: 'HDF5', file: source.name },
  })
}

function parse(source: ByteSource, bytes: Uint8Array, base: number): Superblock {
  const origin = { name: source.name, offset: base }
  const whole = (widths: Widths): Cursor => new Cursor(bytes, widths, origin, 'the superblock')
  const head = whole({ address: 8, length: 8 })
  head.skip(8)
  const version = head.version(0, 1, 2, 3)
  if (version < 2) head.skip(4)
  const widths = { address: head.u8(), length: head.u8() }
  for (const width of [widths.address, widths.length]) {
    if (![2, 4, 8].includes(width))
      throw head.malformed(`addresses or lengths of ${width} bytes are impossible`)
  }
  const needed = version < 2 ? 24 + 8 + 4 * widths.address : 16 + 4 * widths.address
  if (bytes.byteLength < needed)
    throw fail.truncated(origin, `the file ends at ${source.size}, within its superblock`)
  const cursor = whole(widths)
  return version < 2 ? parseOld(source, cursor, version, base) : parseNew(source, cursor, version, base)
}

function parseOld(source: ByteSource, cursor: Cursor, version: number, base: number): Superblock {
  cursor.skip(8 + 8 + 4 + 4 + (version === 1 ? 4 : 0))
  const stated = cursor.given('its base')
  cursor.address()
  checkEnd(source, cursor, stated === base)
  cursor.address()
  cursor.skip(cursor.widths.address)
  const root = cursor.given('the root group')
  return { version, base, widths: cursor.widths, root }
}

function parseNew(source: ByteSource, cursor: Cursor, version: number, base: number): Superblock {
  cursor.skip(12)
  const stated = cursor.given('its base')
  const extension = cursor.address()
  checkEnd(source, cursor, stated === base)
  const root = cursor.given('the root group')
  cursor.checksum()
  return { version, base, widths: cursor.widths, root, ...(extension !== undefined && { extension }) }
}

/** A file to which a user block was added afterwards has other addresses, and other ends. */
function checkEnd(source: ByteSource, cursor: Cursor, sameBase: boolean): void {
  const end = cursor.given('its end')
  if (!sameBase || end <= source.size) return
  throw fail.truncated(
    cursor.place,
    `the superblock says that the file has ${end} bytes, and it has ${source.size}`,
  )
}
