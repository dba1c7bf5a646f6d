import { elementCount } from '../../../core/index.ts'
import { failing } from '../../errors.ts'
import type { ByteSink } from '../../ports.ts'
import { zipTo } from '../../zip/write.ts'
import { type ArrayToWrite, headerOf, storedAs } from './header.ts'

const wrong = failing('NPY_INVALID', 'Give exactly the elements that the shape says.')
/** Texts are turned into bytes in blocks of about this size. */
const BLOCK_BYTES = 1024 * 1024

/**
 * Writes a .npy file as numpy.save does, byte for byte. Data streams through. Throws FORMAT_UNSUPPORTED for a dtype
 * that numpy lacks, NPY_INVALID for data that is not as long as the shape says (some of it is written by then).
 */
export async function writeNpy(array: ArrayToWrite, sink: ByteSink): Promise<void> {
  for await (const piece of encode(array).pieces) await sink.write(piece)
}

export interface NpzOptions {
  /** numpy.savez stores (the default); numpy.savez_compressed deflates. */
  readonly method?: 'stored' | 'deflate'
}

/** Writes a .npz file of named arrays, one after the other. Throws as `writeNpy`, and ZIP_INVALID for a name twice. */
export async function writeNpz(
  arrays: Iterable<ArrayToWrite & { readonly name: string }>,
  sink: ByteSink,
  options: NpzOptions = {},
): Promise<void> {
  const zip = zipTo(sink)
  for (const array of arrays) {
    const { size, pieces } = encode(array)
    await zip.add(`${array.name}.npy`, size, pieces, options.method)
  }
  await zip.finish()
}

/** The bytes of a .npy file, and their number. */
function encode(array: ArrayToWrite): { size: number; pieces: AsyncGenerator<Uint8Array, void> } {
  const texts = Array.isArray(array.data) ? array.data : undefined
  const width = texts ? longest(texts) : 0
  const stored = texts ? { descr: `'<U${width}'`, itemBytes: width * 4 } : storedAs(array)
  const header = headerOf(stored, array.shape)
  const bytes = elementCount(array.shape) * stored.itemBytes
  if (!Number.isSafeInteger(bytes) || (texts && texts.length !== elementCount(array.shape)))
    throw wrong(`An array of the shape [${array.shape.join(', ')}] can not have this data`)
  const data = texts ? encodeTexts(texts, width) : (array.data as Uint8Array | AsyncIterable<Uint8Array>)
  return { size: header.byteLength + bytes, pieces: all(header, data, bytes) }
}

async function* all(
  header: Uint8Array,
  data: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array, void> {
  yield header
  let written = 0
  for await (const piece of data instanceof Uint8Array ? [data] : data) {
    written += piece.byteLength
    if (written <= bytes) yield piece
    else break
  }
  if (written !== bytes)
    throw wrong(`The data has ${written > bytes ? 'more' : written} bytes; the shape says ${bytes}`)
}

/** Characters of the longest text; numpy has no empty strings, and writes one character for them. */
function longest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, Array.from(text).length), 1)
}

function* encodeTexts(texts: readonly string[], width: number): Generator<Uint8Array, void> {
  const step = Math.max(1, Math.floor(BLOCK_BYTES / (width * 4)))
  for (let first = 0; first < texts.length; first += step) {
    const block = texts.slice(first, first + step)
    const words = new DataView(new ArrayBuffer(block.length * width * 4))
    block.forEach((text, row) => {
      let at = row * width * 4
      for (const character of text) {
        words.setUint32(at, character.codePointAt(0)!, true)
        at += 4
      }
    })
    yield new Uint8Array(words.buffer)
  }
}
