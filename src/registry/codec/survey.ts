import { codecLayout as at, type CodecLoops } from '../../kernels/index.ts'

/** From here on counting in pairs pays for its table. */
const LONG_PLANE = 0x1_0000

/** Bytes of a long plane that say whether it is worth counting, in as many parts. */
const SAMPLE = 8192
const SAMPLE_PARTS = 4

/** Pairs of equal bytes among random ones are 1 in 256; a plane with fewer than this has about 7.92 bits a byte. */
const FLAT = 1.06 / 256

/** Parts of a plane, and bytes of each, by which it is told whether its bytes are the same throughout. */
const WINDOWS = 16
const WINDOW = 512

/** Of `CodecLoops.repeats`: how many of 256 words come again where it pays to look for strings. */
export const REPEATING = 12

/** Bytes at a place in the memory of the loops. */
export interface Plane {
  readonly from: number
  readonly length: number
}

export interface Histogram {
  /** How many bytes occur. */
  readonly used: number
  /** How often the commonest does. */
  readonly most: number
  /** No code of single bytes makes it clearly shorter. */
  readonly flat: boolean
}

/** What planes are like, as far as storing them goes. */
export class PlaneSurvey {
  readonly #loops: CodecLoops
  /** How often each byte is in what was counted last. */
  readonly counts: Uint32Array

  constructor(loops: CodecLoops) {
    this.#loops = loops
    this.counts = new Uint32Array(loops.memory.buffer, at.COUNTS, 256)
  }

  count({ from, length }: Plane): Histogram {
    this.#loops.count(from, length, at.COUNTS, length < LONG_PLANE ? 0 : at.BASE)
    const { counts } = this
    let [used, most] = [0, 0]
    for (let byte = 0; byte < 256; byte++) {
      const count = counts[byte]!
      if (count === 0) continue
      used++
      if (count > most) most = count
    }
    return { used, most, flat: this.#equalPairs() < FLAT * length * (length - 1) }
  }

  /** What the best code of single bytes comes to for what was counted last, in bytes. */
  entropy({ length }: Plane): number {
    let bits = 0
    for (let byte = 0; byte < 256; byte++) {
      const count = this.counts[byte]!
      if (count > 0) bits += count * Math.log2(length / count)
    }
    return bits / 8
  }

  /** Of a long plane: whether some parts of it are flat. */
  sampleIsFlat({ from, length }: Plane): boolean {
    if (length < 2 * SAMPLE) return false
    const part = SAMPLE / SAMPLE_PARTS
    let pairs = 0
    for (let i = 0; i < SAMPLE_PARTS; i++) {
      const start = from + Math.floor(((length - part) * i) / (SAMPLE_PARTS - 1))
      this.#loops.count(start, part, at.COUNTS, 0)
      pairs += this.#equalPairs()
    }
    return pairs < FLAT * SAMPLE_PARTS * part * (part - 1)
  }

  /**
   * Whether the commonest bytes stand together, as where an edit left rows alone: words come again, and the byte is
   * more often in some parts than in others by far more than chance has it.
   */
  isClumped({ from, length }: Plane, commonest: number, most: number): boolean {
    if (most < length / 3 || this.#loops.repeats(from, length, 0, at.SEEN) < REPEATING) return false
    const part = Math.min(WINDOW, Math.floor(length / WINDOWS))
    const expected = (most / length) * part
    let deviation = 0
    for (let i = 0; i < WINDOWS; i++) {
      this.#loops.count(from + Math.floor(((length - part) * i) / (WINDOWS - 1)), part, at.COUNTS, 0)
      deviation += (this.counts[commonest]! - expected) ** 2
    }
    return deviation > 8 * WINDOWS * expected * (1 - most / length)
  }

  /** Pairs of equal bytes in what was counted last, each twice. */
  #equalPairs(): number {
    const { counts } = this
    let pairs = 0
    for (let byte = 0; byte < 256; byte++) pairs += counts[byte]! * (counts[byte]! - 1)
    return pairs
  }
}
