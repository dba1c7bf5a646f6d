import type { TensorInfo } from '../types.ts'

/** What is held of fields that are read together: a file of 16 MiB is parsed once for each so many bytes that come out. */
const HELD_BYTES = 64 * 2 ** 20

/**
 * The fields that are read in one pass with `tensors[first]`: as many behind it as fit together. None where it alone
 * takes more: it is streamed.
 */
export function together(tensors: readonly TensorInfo[], first: number): readonly TensorInfo[] {
  const batch: TensorInfo[] = []
  let bytes = 0
  for (const tensor of tensors.slice(first)) {
    bytes += tensor.bytes ?? 0
    if (bytes > HELD_BYTES) break
    if (tensor.bytes !== undefined) batch.push(tensor)
  }
  return batch
}

/** Numbers of one field, as they come, into their bytes. */
export class Held {
  readonly bytes: Uint8Array
  readonly #view: DataView
  readonly #kind: string
  #at = 0

  constructor({ dtype, bytes = 0 }: TensorInfo) {
    this.bytes = new Uint8Array(bytes)
    this.#view = new DataView(this.bytes.buffer)
    this.#kind = dtype
  }

  /** Numbers beyond the end, of a file that has grown meanwhile, are left out. */
  push(numbers: readonly number[]): void {
    const width = this.#kind === 'bool' ? 1 : 8
    for (const number of numbers) {
      if (this.#at + width > this.bytes.byteLength) return
      if (this.#kind === 'float64') this.#view.setFloat64(this.#at, number, true)
      else if (this.#kind === 'int64') this.#view.setBigInt64(this.#at, BigInt(number), true)
      else this.#view.setUint8(this.#at, number)
      this.#at += width
    }
  }
}
