import type { Bytes } from '../../core/index.ts'
import { ENCODINGS, type Encoding } from '../codec/types.ts'
import type { ChunkPlace, EncodingStats, PackStats } from './types.ts'

/** Counts what became of a file's pieces. */
export class Tally {
  readonly #encodings = new Map<Encoding, EncodingStats>()
  #pieces = 0
  #reused = 0

  reused(length: Bytes): void {
    this.#pieces++
    this.#reused += length
  }

  stored({ encoding, length, stored }: ChunkPlace): void {
    this.#pieces++
    const so = this.#of(encoding)
    this.#encodings.set(encoding, {
      pieces: so.pieces + 1,
      length: so.length + length,
      stored: so.stored + stored,
    })
  }

  stats(size: Bytes, packSize: Bytes): PackStats {
    const encodings = Object.fromEntries(ENCODINGS.map(name => [name, this.#of(name)]))
    return {
      size,
      packSize,
      pieces: this.#pieces,
      reusedBytes: this.#reused,
      encodings: encodings as PackStats['encodings'],
    }
  }

  #of(encoding: Encoding): EncodingStats {
    return this.#encodings.get(encoding) ?? { pieces: 0, length: 0, stored: 0 }
  }
}
