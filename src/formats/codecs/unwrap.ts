import type { ByteSource } from '../../core/index.ts'
import { type Spool, spoolOf } from '../bytes/spool.ts'
import type { Wrapper } from '../types.ts'
import { CODECS } from './codecs.ts'
import { DETECT_BYTES, detectWrapper } from './detect.ts'
import { Feed } from './feed.ts'

/** The largest single files that are published have some 50 GB; above that, models are sharded. */
export const MAX_UNWRAPPED: number = 64 * 2 ** 30
/** What no ratio is asked about: a model of zeros may be as small as it likes. */
export const RATIO_FREE_BYTES: number = 64 * 2 ** 20
/** `model.tar.gz` within an xz is rare already. */
export const MAX_WRAPPERS = 3

/**
 * What `source` holds under one wrapper, in pieces, unpacked as they are asked for, in bounded memory. Throws
 * FORMAT_TRUNCATED, FORMAT_MALFORMED or FORMAT_UNSUPPORTED with the compressed offset, and FORMAT_LIMIT for more
 * than `MAX_UNWRAPPED` bytes or more than the codec's ratio.
 */
export async function* decompress(source: ByteSource, wrapper: Wrapper): AsyncGenerator<Uint8Array, void> {
  const { decode, maxRatio, fail } = CODECS[wrapper]
  const feed = new Feed(source, fail)
  let size = 0
  for await (const piece of decode(feed)) {
    size += piece.byteLength
    if (size > MAX_UNWRAPPED) throw fail.limit(feed.place, `it unpacks to more than ${MAX_UNWRAPPED} bytes`)
    if (size > RATIO_FREE_BYTES && size > source.size * maxRatio)
      throw fail.limit(
        feed.place,
        `${source.size} bytes unpack to more than ${size}, which is over ${maxRatio} : 1`,
      )
    yield piece
  }
}

/**
 * What `source` holds under one wrapper, as a source: in memory up to 32 MiB, else in a temporary file without a
 * name. The caller closes both. Throws what `decompress` throws, and DISK_FULL.
 */
export async function unwrap(source: ByteSource, wrapper: Wrapper): Promise<ByteSource> {
  return spooled(decompress(source, wrapper), source.name)
}

/** All pieces as one source. */
export async function spooled(pieces: AsyncIterable<Uint8Array>, name: string): Promise<ByteSource> {
  const spool: Spool = spoolOf(name)
  try {
    for await (const piece of pieces) await spool.write(piece)
    return await spool.finish()
  } catch (cause) {
    await spool.abandon()
    throw cause
  }
}

/** What a file holds under all of its wrappers. */
export interface Unwrapped {
  /** The given source where there is no wrapper. */
  readonly source: ByteSource
  /** Outermost first. */
  readonly wrapper: readonly Wrapper[]
  /** Gives back what unpacking took. The given source stays the caller's. */
  close(): Promise<void>
}

/** Takes off every wrapper that the content shows. Throws what `unwrap` throws, FORMAT_LIMIT for more than 3. */
export async function unwrapAll(source: ByteSource): Promise<Unwrapped> {
  const wrapper: Wrapper[] = []
  let inner = source
  try {
    for (;;) {
      const found = detectWrapper(await inner.read(0, Math.min(DETECT_BYTES, inner.size)))
      if (found === undefined) break
      if (wrapper.length === MAX_WRAPPERS)
        throw CODECS[found].fail.limit(
          { name: source.name },
          `it is compressed more than ${MAX_WRAPPERS} times: ${[...wrapper, found].join(', ')}`,
        )
      const next = await unwrap(inner, found)
      if (inner !== source) await inner.close()
      inner = next
      wrapper.push(found)
    }
  } catch (cause) {
    if (inner !== source) await inner.close()
    throw cause
  }
  const held = inner
  return {
    source: held,
    wrapper,
    async close() {
      if (held !== source) await held.close()
    },
  }
}
