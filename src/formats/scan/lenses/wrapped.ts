import { constants, inflateRawSync } from 'node:zlib'
import type { BallastError, ByteSource } from '../../../core/index.ts'
import { spoolOf } from '../../bytes/spool.ts'
import { zlibStart } from '../../codecs/deflate.ts'
import { detectWrapper } from '../../codecs/detect.ts'
import { decompress } from '../../codecs/unwrap.ts'
import { FormatsError } from '../../errors.ts'
import type { Wrapper } from '../../types.ts'
import { extensionOf } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'
import { BOMB_BYTES } from '../engine/limits.ts'

/** Codecs without a magic number: other content may begin like them. */
const WITHOUT_MAGIC: ReadonlySet<Wrapper> = new Set(['zlib', 'lzma'])
const NAMES = /^\.(?:z|zlib|lzma|joblib|pkl|pickle)$/
/** How much of a stream that gives nothing is tried again, and what that may give. */
const BEGINNING_BYTES: number = 4 * 2 ** 20
const MAX_BEGINNING: number = 64 * 2 ** 20

/** Compressed content: joblib's files, `.pkl.gz`, and what hides in byte strings. */
export const wrappedLens: Lens = {
  name: 'compressed',
  async scan(content, sink) {
    const wrapper = detectWrapper(content.head)
    if (!wrapper) return undefined
    const { inner, fault } = await unwrapped(content.source, wrapper)
    try {
      const guess = WITHOUT_MAGIC.has(wrapper) && !NAMES.test(extensionOf(content.name))
      if (guess && fault instanceof FormatsError && fault.code === 'FORMAT_MALFORMED') return undefined
      sink.spend(inner.size)
      if (inner.size === 0 && !fault) return wrapper
      // Where what is under it is unknown, the whole is.
      const known = (await sink.descend(inner, wrapper, fault && { speculative: true })).length > 0
      if (fault?.code === 'FORMAT_LIMIT') sink.spend(BOMB_BYTES)
      if (fault) throw fault
      return known ? wrapper : undefined
    } finally {
      await inner.close()
    }
  },
}

/** All of it, or what stands before a fault: a loader that unpacks as it reads has executed that. */
async function unwrapped(
  source: ByteSource,
  wrapper: Wrapper,
): Promise<{ readonly inner: ByteSource; readonly fault?: BallastError }> {
  const spool = spoolOf(source.name)
  try {
    for await (const piece of decompress(source, wrapper)) await spool.write(piece)
    return { inner: await spool.finish() }
  } catch (error) {
    if (!(error instanceof FormatsError)) {
      await spool.abandon()
      throw error
    }
    if (spool.written === 0) await spool.write(await beginningOf(source, wrapper))
    return { inner: await spool.finish(), fault: error }
  }
}

/** What deflate gives before a fault, its checksum left aside: zlib gives nothing of a piece that it does not end. */
async function beginningOf(source: ByteSource, wrapper: Wrapper): Promise<Uint8Array> {
  if (wrapper !== 'gzip' && wrapper !== 'zlib') return new Uint8Array(0)
  const head = await source.read(0, Math.min(source.size, BEGINNING_BYTES))
  const start = wrapper === 'zlib' ? zlibStart(head) + 2 : gzipStart(head)
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_BEGINNING }
  try {
    return inflateRawSync(head.subarray(start), options)
  } catch {
    return new Uint8Array(0)
  }
}

/** Behind gzip's header (RFC 1952): ten bytes, then the fields that its flags announce. */
function gzipStart(head: Uint8Array): number {
  const flags = head[3] ?? 0
  let at = 10
  if (flags & 4) at += 2 + (head[at] ?? 0) + (head[at + 1] ?? 0) * 256
  for (const flag of [8, 16]) if (flags & flag) at = head.indexOf(0, at) + 1
  return flags & 2 ? at + 2 : at
}
