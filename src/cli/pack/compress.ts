import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip, createZstdCompress } from 'node:zlib'
import { BallastError, type Bytes, type Digest, openFile } from '../../core/index.ts'
import { DETECT_BYTES, decompress, detectWrapper } from '../../formats/index.ts'

const READ_BYTES = 1024 * 1024

/** What is written besides packs, by the end of the file's name. */
const WRITERS = {
  '.gz': () => createGzip({ chunkSize: READ_BYTES }),
  '.zst': () => createZstdCompress({ chunkSize: READ_BYTES, params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
} as const
export type Compression = keyof typeof WRITERS
export const COMPRESSIONS = Object.keys(WRITERS) as readonly Compression[]

export interface Contents {
  readonly digest: Digest
  readonly size: Bytes
}

/** Compresses a file; gives what went in. */
export async function compressFile(
  from: string,
  to: string,
  by: Compression,
  onProgress: (done: Bytes) => void,
): Promise<Contents> {
  const hashing = new Hashing(onProgress)
  const source = createReadStream(from, { highWaterMark: READ_BYTES })
  await pipeline(source, hashing, WRITERS[by](), createWriteStream(to))
  return hashing.contents()
}

/** Writes what a compressed file holds; without `to` it is only read. Throws FORMAT_MALFORMED and its kin. */
export async function decompressFile(
  from: string,
  to: string | undefined,
  onProgress: (done: Bytes) => void,
): Promise<Contents> {
  const source = await openFile(from)
  try {
    const wrapper = detectWrapper(await source.read(0, Math.min(DETECT_BYTES, source.size)))
    if (wrapper === undefined) throw notPacked(from)
    const hashing = new Hashing(onProgress)
    const pieces = decompress(source, wrapper)
    if (to === undefined) await pipeline(pieces, hashing, nothing)
    else await pipeline(pieces, hashing, createWriteStream(to))
    return hashing.contents()
  } finally {
    await source.close()
  }
}

async function nothing(pieces: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pieces);
}

function notPacked(path: string): BallastError {
  return new BallastError('ARGUMENT_INVALID', {
    message: `${path} is neither a pack nor compressed`,
    hint: 'Packs of `ballast pack`, and gzip, zlib, bzip2, xz, lzma, zstd and lz4 are read.',
  })
}

/** Passes bytes on, copied: a decoder writes over its pieces. */
class Hashing extends Transform {
  readonly #hash = createHash('sha256')
  readonly #onProgress: (done: Bytes) => void
  #size = 0

  constructor(onProgress: (done: Bytes) => void) {
    super({ writableObjectMode: true })
    this.#onProgress = onProgress
  }

  override _transform(piece: Uint8Array, _: BufferEncoding, done: () => void): void {
    this.#hash.update(piece)
    this.#size += piece.byteLength
    this.#onProgress(this.#size)
    this.push(Buffer.from(piece))
    done()
  }

  contents(): Contents {
    return { digest: `sha256:${this.#hash.digest('hex')}` as Digest, size: this.#size }
  }
}
