import { type Failures, failuresOf } from '../errors.ts'
import type { Wrapper } from '../types.ts'
import { unbzip2 } from './bzip2/stream.ts'
import { gunzip, inflate } from './deflate.ts'
import type { Feed } from './feed.ts'
import { unlz4 } from './lz4/stream.ts'
import { unlzma } from './lzma/alone.ts'
import { unxz } from './lzma/xz.ts'
import { unzstd } from './zstd.ts'

export interface Codec {
  /** What was packed, in pieces of bounded size; a piece may be overwritten once the next one is asked for. */
  readonly decode: (feed: Feed) => AsyncGenerator<Uint8Array, void>
  /** The most that real content expands by, once it is larger than `RATIO_FREE_BYTES`. */
  readonly maxRatio: number
  readonly fail: Failures
}

const again = 'Fetch the file again, or compress it again.'

/**
 * Ratios: deflate reaches 1,032 : 1 by its construction and lz4 255 : 1. The others have no limit of their own
 * (45 MB of zeros are 40 bytes of bzip2): weights are noise and compress to a half, while a checkpoint with an
 * optimiser's untouched state, nearly all zeros, stays below 10,000 : 1.
 */
export const CODECS: Readonly<Record<Wrapper, Codec>> = {
  gzip: { decode: gunzip, maxRatio: 1100, fail: failuresOf('gzip', again) },
  zlib: { decode: inflate, maxRatio: 1100, fail: failuresOf('zlib', again) },
  bzip2: { decode: unbzip2, maxRatio: 10_000, fail: failuresOf('bzip2', again) },
  xz: { decode: unxz, maxRatio: 10_000, fail: failuresOf('xz', again) },
  lzma: { decode: unlzma, maxRatio: 10_000, fail: failuresOf('lzma', again) },
  zstd: { decode: unzstd, maxRatio: 10_000, fail: failuresOf('zstd', again) },
  lz4: { decode: unlz4, maxRatio: 300, fail: failuresOf('lz4', again) },
}
