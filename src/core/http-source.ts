import { BlockCache } from './block-cache.ts'
import { CoreError } from './errors.ts'
import { type HttpOptions, type Pinned, requestRange } from './http-range.ts'
import type { ByteSource } from './source.ts'

/** One request for bytes that are read as they come: enough that a round trip does not count. */
const LARGE_BYTES = 4 * 2 ** 20
/** The first request also brings the start of the file, which every reader looks at. */
const FIRST_BYTES = 64 * 1024

/**
 * A file behind an http or https address, read by ranges through a cache of some blocks. It is pinned by its entity
 * tag or date: once it changes, reads fail. Throws URL_UNREADABLE, and RANGE_OUT_OF_BOUNDS as every source.
 */
export async function openUrl(url: string, options: HttpOptions = {}): Promise<ByteSource> {
  const address = parseAddress(url)
  const name = shownAddress(address)
  const first = await requestRange(address, name, 0, FIRST_BYTES, undefined, options)
  const { size, pinned } = first
  const fetchRange = async (offset: number, length: number): Promise<Uint8Array> => {
    const { bytes } = await requestRange(address, name, offset, length, pinned satisfies Pinned, options)
    return bytes
  }
  const cache = new BlockCache(size, fetchRange)
  cache.seed(first.bytes)
  return {
    name,
    size,
    async read(offset, length) {
      if (!(Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0))
        throw outOfBounds(name, size, offset, length)
      if (offset + length > size) throw outOfBounds(name, size, offset, length)
      if (length < LARGE_BYTES) return cache.read(offset, length)
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; at += LARGE_BYTES)
        bytes.set(await fetchRange(offset + at, Math.min(LARGE_BYTES, length - at)), at)
      return bytes
    },
    async close() {
      cache.clear()
    },
  }
}

/** Throws URL_UNREADABLE for what is no http or https address. */
export function parseAddress(url: string): URL {
  const address = URL.parse(url)
  if (address && (address.protocol === 'http:' || address.protocol === 'https:')) return address
  throw new CoreError('URL_UNREADABLE', {
    message: address
      ? `An address of the kind ${address.protocol.slice(0, 40)} is not read`
      : 'That is no address of a file',
    hint: 'Give an address that begins with https:// or http://.',
  })
}

/** Without name, password and query: those may be secrets. */
export function shownAddress(address: URL): string {
  return `${address.origin}${address.pathname}`
}

function outOfBounds(name: string, size: number, offset: number, length: number): CoreError {
  return new CoreError('RANGE_OUT_OF_BOUNDS', {
    message: `${name} has ${size} bytes; ${length} at offset ${offset} were asked for`,
    hint: 'The file is probably truncated: fetch or export it again.',
    details: { size, offset, length },
  })
}
