import { inflateSync, zstdDecompressSync } from 'node:zlib'
import { unpackBlock } from '../../codecs/lz4/block.ts'
import { unbitshuffle } from './bitshuffle.ts'
import { unpackBlosclz } from './blosclz.ts'
import { unshuffle } from './shuffle.ts'

const HEADER_BYTES = 16
/** Elements of more bytes are not split into streams of their own (MAX_STREAMS). */
const MAX_STREAMS = 16
/** Streams of fewer bytes are not worth it (BLOSC_MIN_BUFFERSIZE). */
const MIN_STREAM_BYTES = 128

const SHUFFLED = 1
const COPIED = 2
const BIT_SHUFFLED = 4
const NOT_SPLIT = 16

/** Unpacks a whole stream into `out`, which it must fill; false where it does not. */
type Codec = (packed: Uint8Array, out: Uint8Array) => boolean

/** By the number in the top three bits of the flags; 2, snappy, is left out of Blosc's own builds too. */
const CODECS: ReadonlyMap<number, Codec> = new Map<number, Codec>([
  [0, unpackBlosclz],
  [1, (packed, out) => unpackBlock(packed, out, 0) === out.byteLength],
  [3, (packed, out) => filled(inflateSync, packed, out)],
  [4, (packed, out) => filled(zstdDecompressSync, packed, out)],
])

/**
 * Unpacks a chunk of Blosc 1 (c-blosc's README_CHUNK_FORMAT.rst): blocks, each one stream or one of each byte of the
 * elements, shuffled by bytes or by bits. Gives what is wrong with it where it does not unpack to `most` bytes or less.
 */
export function unpackBlosc(chunk: Uint8Array, most: number): Uint8Array | string {
  if (chunk.byteLength < HEADER_BYTES) return 'its header is cut off'
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  const [flags, typeBytes] = [chunk[2]!, chunk[3]!]
  const [size, blockBytes, packed] = [4, 8, 12].map(at => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ]
  if (size > most) return `it states ${size} bytes, and ${most} are the most`
  if (packed > chunk.byteLength) return `it states ${packed} packed bytes, and has ${chunk.byteLength}`
  if ((flags & COPIED) !== 0)
    return packed === HEADER_BYTES + size
      ? chunk.subarray(HEADER_BYTES, packed)
      : 'its copied bytes are not as many as it states'
  if (size === 0) return new Uint8Array(0)
  if (blockBytes === 0 || typeBytes === 0) return 'its blocks or elements have no bytes'
  const codec = CODECS.get(flags >> 5)
  if (!codec) return `its codec ${flags >> 5} is not read`
  const blocks = Math.ceil(size / blockBytes)
  if (HEADER_BYTES + 4 * blocks > packed) return 'its blocks do not fit'
  const out = new Uint8Array(size)
  // Real streams lie apart: one that many blocks share would be unpacked as often.
  let left = packed
  for (let i = 0; i < blocks; i++) {
    const part = out.subarray(i * blockBytes, (i + 1) * blockBytes)
    const whole = part.byteLength === blockBytes
    const split = (flags & NOT_SPLIT) === 0 && typeBytes <= MAX_STREAMS && whole
    const streams = split && blockBytes / typeBytes >= MIN_STREAM_BYTES ? typeBytes : 1
    const start = view.getUint32(HEADER_BYTES + 4 * i, true)
    const taken = unpackStreams(view, start, packed, part, streams, codec)
    if (taken === undefined) return `its block ${i} is broken`
    left -= taken
    if (left < 0) return 'its blocks lie over each other'
    if ((flags & SHUFFLED) !== 0) part.set(unshuffle(part, typeBytes))
    else if ((flags & BIT_SHUFFLED) !== 0 && inEights(part, typeBytes))
      part.set(unbitshuffle(part, typeBytes))
  }
  return out
}

/** Blosc shuffles no bits of a block whose elements are no eights. */
function inEights(block: Uint8Array, typeBytes: number): boolean {
  return Math.floor(block.byteLength / typeBytes) % 8 === 0
}

/** Each stream behind its length, in 4 bytes; one that did not get smaller stands as it was. Gives the bytes that it took. */
function unpackStreams(
  view: DataView,
  start: number,
  end: number,
  out: Uint8Array,
  streams: number,
  codec: Codec,
): number | undefined {
  const bytes = Math.floor(out.byteLength / streams)
  if (bytes * streams !== out.byteLength) return undefined
  let at = start
  for (let i = 0; i < streams; i++) {
    if (at + 4 > end) return undefined
    const length = view.getUint32(at, true)
    at += 4
    if (length > end - at) return undefined
    const stream = new Uint8Array(view.buffer, view.byteOffset + at, length)
    const part = out.subarray(i * bytes, (i + 1) * bytes)
    if (length === bytes) part.set(stream)
    else if (!codec(stream, part)) return undefined
    at += length
  }
  return at - start
}

type Unpack = (packed: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array

function filled(unpack: Unpack, packed: Uint8Array, out: Uint8Array): boolean {
  try {
    const bytes = unpack(packed, { maxOutputLength: out.byteLength })
    out.set(bytes)
    return bytes.byteLength === out.byteLength
  } catch {
    return false
  }
}
