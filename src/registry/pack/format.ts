/**
 * A pack. Numbers are little-endian.
 *
 *   0     header    16 bytes: magic, version u32, zero u32
 *   16    bodies    of its chunks, each as the codec made it, back to back
 *   tail  chunks    what each body is, by column, in the order of the bodies: records.ts
 *         recipes   one behind the other: recipe.ts. The first is of the file that the pack was made of
 *   -72   footer    tail u64, bytes of chunks u64, bytes of recipes u64, number of chunks u32, of recipes u32,
 *                   SHA-256 over chunks, recipes and these 32 bytes, magic
 *
 * So the end is read in two steps and tells everything: where each chunk lies, what it must be, and how files are put
 * together. Every byte is covered: header and magic are constants, bodies have the digests of their chunks, the rest
 * has the footer's.
 */
import { createHash } from 'node:crypto'
import type { ByteSource, Bytes } from '../../core/index.ts'
import { corrupt } from './errors.ts'

export const PACK_VERSION = 1
export const HEADER_BYTES = 16
export const FOOTER_BYTES = 72
const COUNTS_BYTES = 32
const DIGEST_BYTES = 32
/** Not text: `\x1a` and a byte over 127, as PNG has them, tell transfers that alter line ends or drop a bit. */
const MAGIC: Uint8Array = Uint8Array.of(0x89, 0x42, 0x41, 0x4c, 0x50, 0x4b, 0x1a, 0x0a)

/** Of one pack, and of one file: 4 TiB of tensors, or 256 GiB that are cut by content. Each takes 100 bytes of memory. */
export const MAX_PIECES = 4_194_304
/** Chunks and recipes are read at once: 4 million of each have 300 MB. */
const MAX_TAIL_BYTES = 1024 * 1024 * 1024

export interface Footer {
  /** Where the bodies end. */
  readonly tail: Bytes
  readonly chunkBytes: Bytes
  readonly recipeBytes: Bytes
  readonly chunks: number
  readonly recipes: number
}

export function header(): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  bytes.set(MAGIC)
  viewOf(bytes).setUint32(MAGIC.byteLength, PACK_VERSION, true)
  return bytes
}

/** Whether a file begins as packs do. */
export function isPack(head: Uint8Array): boolean {
  return MAGIC.every((byte, index) => head[index] === byte)
}

export function footer(facts: Footer, chunks: Uint8Array, recipes: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FOOTER_BYTES)
  const view = viewOf(bytes)
  view.setBigUint64(0, BigInt(facts.tail), true)
  view.setBigUint64(8, BigInt(facts.chunkBytes), true)
  view.setBigUint64(16, BigInt(facts.recipeBytes), true)
  view.setUint32(24, facts.chunks, true)
  view.setUint32(28, facts.recipes, true)
  bytes.set(digestOfTail(chunks, recipes, bytes), COUNTS_BYTES)
  bytes.set(MAGIC, COUNTS_BYTES + DIGEST_BYTES)
  return bytes
}

/** The checked end of a pack: footer, chunks and recipes, as bytes. Throws PACK_CORRUPT. */
export async function readTail(
  source: ByteSource,
): Promise<{ readonly footer: Footer; readonly chunks: Uint8Array; readonly recipes: Uint8Array }> {
  const { name, size } = source
  if (size < HEADER_BYTES + FOOTER_BYTES) throw corrupt(name, `${size} bytes are too few for one`)
  await checkHeader(source)
  const end = await source.read(size - FOOTER_BYTES, FOOTER_BYTES)
  if (!isPack(end.subarray(COUNTS_BYTES + DIGEST_BYTES)))
    throw corrupt(name, 'its end is missing, as after a broken transfer')
  const facts = footerOf(end, name, size)
  const tail = await source.read(facts.tail, facts.chunkBytes + facts.recipeBytes)
  const chunks = tail.subarray(0, facts.chunkBytes)
  const recipes = tail.subarray(facts.chunkBytes)
  if (
    Buffer.compare(digestOfTail(chunks, recipes, end), end.subarray(COUNTS_BYTES).subarray(0, DIGEST_BYTES))
  )
    throw corrupt(name, 'its records are not what its footer says')
  return { footer: facts, chunks, recipes }
}

async function checkHeader(source: ByteSource): Promise<void> {
  const head = await source.read(0, HEADER_BYTES)
  if (!isPack(head)) throw corrupt(source.name, 'it does not begin as one')
  const version = viewOf(head).getUint32(MAGIC.byteLength, true)
  if (version !== PACK_VERSION)
    throw corrupt(source.name, `it says version ${version} of the format, and ${PACK_VERSION} is known`)
  if (viewOf(head).getUint32(12, true) !== 0) throw corrupt(source.name, 'its header has unknown flags')
}

function footerOf(end: Uint8Array, name: string, size: Bytes): Footer {
  const view = viewOf(end)
  const [tail, chunkBytes, recipeBytes] = [0, 8, 16].map(at => Number(view.getBigUint64(at, true)))
  const [chunks, recipes] = [view.getUint32(24, true), view.getUint32(28, true)]
  // Numbers of 64 bits become at most 2^64 here, and their sum is compared with a size that exists.
  if (tail! < HEADER_BYTES || tail! + chunkBytes! + recipeBytes! + FOOTER_BYTES !== size)
    throw corrupt(name, `its parts do not make up its ${size} bytes`)
  if (chunkBytes! + recipeBytes! > MAX_TAIL_BYTES)
    throw corrupt(name, `its records would have ${chunkBytes! + recipeBytes!} bytes`)
  if (chunks > MAX_PIECES) throw corrupt(name, `it says that it has ${chunks} chunks`)
  return { tail: tail!, chunkBytes: chunkBytes!, recipeBytes: recipeBytes!, chunks, recipes }
}

function digestOfTail(chunks: Uint8Array, recipes: Uint8Array, end: Uint8Array): Uint8Array {
  return createHash('sha256').update(chunks).update(recipes).update(end.subarray(0, COUNTS_BYTES)).digest()
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
