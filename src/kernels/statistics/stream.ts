import { STORED_BYTES } from '../decode.ts'
import { bytesOfPairs, codesOf, momentsOfCodes } from './codes.ts'
import { MomentsTotal } from './merge.ts'
import type {
  Codes,
  Counter,
  KernelBlock,
  KernelDtype,
  Moments,
  StatisticsAccumulator,
  WideDtype,
} from './types.ts'
import { KERNEL_BLOCKS } from './types.ts'

type Kind = WideDtype | KernelBlock | Codes

/** The statistics of a stream, by what a counter counts of it. */
export class StreamStatistics implements StatisticsAccumulator {
  readonly room?: Uint8Array
  readonly addBlocks?: (bytes: Uint8Array, dtype: KernelBlock) => void
  readonly #counter: Counter
  /** What is being counted. */
  #kind: Kind | undefined
  /** Of kinds before that. */
  #before: MomentsTotal | undefined
  /** Bytes without a partner, by their codes. */
  readonly #singles: Float64Array = new Float64Array(256)

  constructor(counter: Counter) {
    this.#counter = counter
    if (counter.room) this.room = counter.room
    if (counter.addBlocks)
      this.addBlocks = (bytes, dtype) => {
        this.#become(dtype)
        counter.addBlocks?.(whole(bytes, KERNEL_BLOCKS[dtype].bytes), dtype)
      }
  }

  addStored(bytes: Uint8Array, dtype: KernelDtype): void {
    if (!isWide(dtype)) {
      this.addCodes(bytes, codesOf(dtype))
      return
    }
    this.#become(dtype)
    this.#counter.addWide(whole(bytes, STORED_BYTES[dtype]), dtype)
  }

  addCodes(bytes: Uint8Array, codes: Codes): void {
    this.#become(codes)
    const pairs = whole(bytes, 2)
    if (codes.bytes === 1 && pairs.byteLength < bytes.byteLength) this.#singles[bytes.at(-1)!]!++
    this.#counter.addPairs(pairs)
  }

  add(values: Float32Array | Float64Array): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    this.addStored(bytes, values instanceof Float32Array ? 'float32' : 'float64')
  }

  finish(): Moments {
    const last = this.#take()
    const before = this.#before
    this.#kind = undefined
    this.#before = undefined
    if (!before) return last
    before.add(last)
    return before.moments
  }

  #become(kind: Kind): void {
    if (this.#kind !== undefined && this.#kind !== kind) {
      this.#before ??= new MomentsTotal()
      this.#before.add(this.#take())
    }
    this.#kind = kind
  }

  #take(): Moments {
    const kind = this.#kind
    if (typeof kind !== 'object') return this.#counter.takeMoments()
    const counts = this.#counter.takeCounts()
    if (kind.bytes === 2) return momentsOfCodes(counts, kind)
    const moments = momentsOfCodes(bytesOfPairs(counts, this.#singles), kind)
    this.#singles.fill(0)
    return moments
  }
}

function isWide(dtype: KernelDtype): dtype is WideDtype {
  return STORED_BYTES[dtype] >= 4
}

function whole(bytes: Uint8Array, size: number): Uint8Array {
  const rest = bytes.byteLength % size
  return rest === 0 ? bytes : bytes.subarray(0, bytes.byteLength - rest)
}
