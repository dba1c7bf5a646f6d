import { type Bytes, type Digest, hexOf } from '../../core/index.ts'
import { corrupt } from './errors.ts'
import { viewOf } from './format.ts'

const DIGEST_BYTES = 32

/** Takes what records consist of, in order. Throws PACK_CORRUPT for what goes over the end. */
export class Cursor {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #pack: string
  #at = 0

  constructor(bytes: Uint8Array, pack: string) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#pack = pack
  }

  get left(): Bytes {
    return this.#bytes.byteLength - this.#at
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true)
  }

  /** Throws PACK_CORRUPT over 2^53 too. */
  u64(): number {
    const value = Number(this.#view.getBigUint64(this.#skip(8), true))
    if (!Number.isSafeInteger(value)) throw corrupt(this.#pack, `a record says ${value}`)
    return value
  }

  /** A view. */
  bytes(length: Bytes): Uint8Array {
    const at = this.#skip(length)
    return this.#bytes.subarray(at, at + length)
  }

  u32s(count: number): Uint32Array {
    const view = viewOf(this.bytes(4 * count))
    return Uint32Array.from({ length: count }, (_, index) => view.getUint32(4 * index, true))
  }

  digest(): Digest {
    return `sha256:${Buffer.from(this.bytes(DIGEST_BYTES)).toString('hex')}` as Digest
  }

  digests(count: number): readonly Digest[] {
    // Before an array of as many is made.
    if (count * DIGEST_BYTES > this.left) this.#skip(count * DIGEST_BYTES)
    return Array.from({ length: count }, () => this.digest())
  }

  #skip(length: Bytes): number {
    if (length > this.left) throw corrupt(this.#pack, `a record breaks off: ${length} bytes of ${this.left}`)
    const at = this.#at
    this.#at += length
    return at
  }
}

export function bytesOfDigest(digest: Digest): Uint8Array {
  return Buffer.from(hexOf(digest), 'hex')
}

/** One behind the other, for millions of them. */
export function bytesOfDigests(digests: readonly Digest[]): Uint8Array {
  const bytes = Buffer.alloc(DIGEST_BYTES * digests.length)
  for (const [index, digest] of digests.entries()) bytes.write(hexOf(digest), DIGEST_BYTES * index, 'hex')
  return bytes
}

export function bytesOfU32s(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = viewOf(bytes)
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value, true)
  return bytes
}

export function bytesOfU64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  viewOf(bytes).setBigUint64(0, BigInt(value), true)
  return bytes
}
