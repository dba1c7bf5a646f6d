import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { replaceFile } from '../../../../core/index.ts'

/** Where lines of a segment lie, by their keys: 8 bytes a line. */
export interface Keys {
  readonly size: number
  /** Of the lines that may be it: keys are short, and two lines may share one. */
  find(key: number): readonly number[]
}

/** Of the segment that is written. */
export class GrowingKeys implements Keys {
  readonly #offsets = new Map<number, number | number[]>()
  size = 0

  add(key: number, offset: number): void {
    const known = this.#offsets.get(key)
    if (known === undefined) this.#offsets.set(key, offset)
    else if (typeof known === 'number') this.#offsets.set(key, [known, offset])
    else known.push(offset)
    this.size++
  }

  find(key: number): readonly number[] {
    const known = this.#offsets.get(key) ?? []
    return typeof known === 'number' ? [known] : known
  }

  sorted(): SortedKeys {
    const pairs: [number, number][] = []
    for (const [key, offsets] of this.#offsets) {
      for (const offset of typeof offsets === 'number' ? [offsets] : offsets) pairs.push([key, offset])
    }
    pairs.sort(([a, x], [b, y]) => a - b || x - y)
    return new SortedKeys(
      Uint32Array.from(pairs, ([key]) => key),
      Uint32Array.from(pairs, ([, offset]) => offset),
    )
  }
}

/** Of a segment that is full: sorted, and searched by halves. */
export class SortedKeys implements Keys {
  readonly #keys: Uint32Array
  readonly #offsets: Uint32Array

  constructor(keys: Uint32Array, offsets: Uint32Array) {
    this.#keys = keys
    this.#offsets = offsets
  }

  get size(): number {
    return this.#keys.length
  }

  find(key: number): readonly number[] {
    let [low, high] = [0, this.#keys.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#keys[middle]! < key) low = middle + 1
      else high = middle
    }
    const found: number[] = []
    for (let i = low; this.#keys[i] === key; i++) found.push(this.#offsets[i]!)
    return found
  }

  /** Beside its segment: the segment's size, keys, offsets, and the CRC-32 of all that; each 4 bytes, little-endian. */
  async save(path: string, segmentBytes: number): Promise<void> {
    const count = this.size
    const bytes = Buffer.alloc(8 + 8 * count)
    bytes.writeUInt32LE(segmentBytes, 0)
    for (let i = 0; i < count; i++) {
      bytes.writeUInt32LE(this.#keys[i]!, 4 + 4 * i)
      bytes.writeUInt32LE(this.#offsets[i]!, 4 + 4 * (count + i))
    }
    bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
    await replaceFile(path, bytes)
  }

  /** Undefined where the file is missing, damaged, or of another state of its segment: then it is made anew. */
  static async load(path: string, segmentBytes: number): Promise<SortedKeys | undefined> {
    const bytes = await readFile(path).catch(() => undefined)
    if (bytes === undefined || bytes.length < 8 || bytes.length % 8 !== 0) return undefined
    if (bytes.readUInt32LE(0) !== segmentBytes) return undefined
    if (bytes.readUInt32LE(bytes.length - 4) !== crc32(bytes.subarray(0, -4))) return undefined
    const count = bytes.length / 8 - 1
    const numbers = (from: number): Uint32Array =>
      Uint32Array.from({ length: count }, (_, i) => bytes.readUInt32LE(from + 4 * i))
    return new SortedKeys(numbers(4), numbers(4 + 4 * count))
  }
}
