import { codecLayout as at, type CodecLoops, MAX_CODE_BITS, TRANSFORMS } from '../../kernels/index.ts'
import { type Cut, PACKED_BITS, type PackedMode, PLANE_MODES, type PlaneMode, WIDE_STREAMS } from './body.ts'
import { freshBytes } from './fresh.ts'
import { assignCodes, codeLengths } from './huffman.ts'
import { zstdFrame } from './zstd.ts'

/** Bytes of a plane that say whether it is worth counting, in as many parts. */
const SAMPLE = 8192
const SAMPLE_PARTS = 4

/** Of a plane's bytes, what coding must win: less does not pay for the time that reading takes. */
const LEAST_GAIN = 1 / 64

/** zstd takes longer to read: what it must make of the other's size. */
const ZSTD_WINS = 0.97

/** What codes may take more than the entropy of single bytes before zstd is tried, a byte. */
const WASTE = 1 / 32

/** Parts of a plane, and bytes of each, by which it is told whether its bytes are the same throughout. */
const WINDOWS = 16
const WINDOW = 512

/** `CodecLoops.repeats` from here on: zstd is tried. */
export const REPEATING = 12

/** Pairs of equal bytes among random ones are 1 in 256; a plane with fewer than this has about 7.92 bits a byte. */
const FLAT = 1.06 / 256

/** Short planes have short codes: the table that decodes them costs time too. */
const SHORT_PLANE = 8192
const SHORT_LIMIT = 10

/** Each of four streams may end with a byte that is not full. */
const STREAMS_ROUNDED = 4

/** What planes are made of: bytes at a place. */
interface Plane {
  readonly from: number
  readonly length: number
}

/** How a plane is stored, before it is: `size` is of everything behind the mode's byte. */
interface Plan {
  readonly mode: PlaneMode
  readonly size: number
  write(): void
}

/** Makes bodies of planes (body.ts) in the memory of the loops. */
export class PlaneEncoder {
  readonly #loops: CodecLoops
  readonly #memory: Uint8Array
  readonly #view: DataView
  readonly #counts: Uint32Array
  readonly #codes: Uint32Array
  /** Behind what was written at BODY. */
  #end = at.BODY
  /** What the body consists of, in order: places and lengths. Whole planes are taken from where they lie. */
  #parts: Plane[] = []
  /** From where on in BODY nothing is in `#parts` yet. */
  #start = at.BODY

  constructor(loops: CodecLoops) {
    this.#loops = loops
    this.#memory = loops.memory
    const { buffer } = loops.memory
    this.#view = new DataView(buffer)
    this.#counts = new Uint32Array(buffer, at.COUNTS, 256)
    this.#codes = new Uint32Array(buffer, at.CODES, 512)
  }

  /**
   * The body of the `length` bytes at PIECE (and at BASE); undefined when it would not be shorter than `below`. Of a
   * piece that repeats itself, zstd is tried on every plane.
   */
  encode(length: number, { log, transform }: Cut, repeating: boolean, below: number): Uint8Array | undefined {
    const count = length >>> log
    const how = TRANSFORMS.indexOf(transform)
    const stride = (count + 127) & ~63
    this.#begin()
    this.#byte(log | (how << 2))
    const plain = log === 0 && how === 0
    if (!plain) this.#loops.split(at.PIECE, count, log, how, at.BASE, at.PLANES, stride)
    let size = 1 + length - (count << log)
    for (let plane = 0; plane < 1 << log; plane++) {
      const from = plain ? at.PIECE : at.PLANES + plane * stride
      const plan = this.#plan({ from, length: count }, repeating)
      size += 1 + plan.size
      if (size >= below + STREAMS_ROUNDED) return undefined
      this.#byte(PLANE_MODES.indexOf(plan.mode))
      plan.write()
    }
    this.#refer(at.PIECE + (count << log), length - (count << log))
    return this.#body(below)
  }

  #plan(plane: Plane, repeating: boolean): Plan {
    const { length } = plane
    if (length < 2 || (!repeating && length >= 2 * SAMPLE && this.#sampleIsFlat(plane)))
      return this.#raw(plane)
    this.#loops.count(plane.from, length, at.COUNTS)
    const { used, most, pairs } = this.#histogram()
    if (used === 1) return this.#constant(plane)
    if (!repeating && pairs < FLAT * length * (length - 1)) return this.#raw(plane)
    const entropy = entropyBytes(this.#counts, length)
    const commonest = this.#counts.indexOf(most)
    const codes = this.#huffman(plane)
    const best = used > 16 ? codes : smaller(this.#packed(plane, used), codes)
    const wasteful = best.size > entropy + length * WASTE
    const stored =
      repeating || wasteful || this.#isClumped(plane, commonest, most) ? this.#zstdIf(plane, best) : best
    return stored.size < length * (1 - LEAST_GAIN) ? stored : this.#raw(plane)
  }

  /**
   * Whether the commonest bytes stand together, as where an edit left rows alone: words come again, and the byte is
   * more often in some parts than in others by far more than chance has it.
   */
  #isClumped({ from, length }: Plane, commonest: number, most: number): boolean {
    if (most < length / 8 || this.#loops.repeats(from, length, 0, at.SEEN) < REPEATING) return false
    const part = Math.min(WINDOW, Math.floor(length / WINDOWS))
    const expected = (most / length) * part
    let deviation = 0
    for (let i = 0; i < WINDOWS; i++) {
      this.#loops.count(from + Math.floor(((length - part) * i) / (WINDOWS - 1)), part, at.COUNTS)
      deviation += (this.#counts[commonest]! - expected) ** 2
    }
    return deviation > 8 * WINDOWS * expected * (1 - most / length)
  }

  /** Of what was counted last: how many symbols there are, how often the commonest, and the pairs that are equal, twice. */
  #histogram(): { readonly used: number; readonly most: number; readonly pairs: number } {
    const counts = this.#counts
    let [used, most, pairs] = [0, 0, 0]
    for (let symbol = 0; symbol < 256; symbol++) {
      const count = counts[symbol]!
      if (count === 0) continue
      used++
      if (count > most) most = count
      pairs += count * (count - 1)
    }
    return { used, most, pairs }
  }

  #sampleIsFlat({ from, length }: Plane): boolean {
    const part = SAMPLE / SAMPLE_PARTS
    let pairs = 0
    for (let i = 0; i < SAMPLE_PARTS; i++) {
      const start = from + Math.floor(((length - part) * i) / (SAMPLE_PARTS - 1))
      this.#loops.count(start, part, at.COUNTS)
      pairs += this.#histogram().pairs
    }
    return pairs < FLAT * SAMPLE_PARTS * part * (part - 1)
  }

  #raw({ from, length }: Plane): Plan {
    return { mode: 'raw', size: length, write: () => this.#refer(from, length) }
  }

  #constant({ from }: Plane): Plan {
    return { mode: 'constant', size: 1, write: () => this.#copy(from, 1) }
  }

  /** By zstd, where that is clearly smaller. */
  #zstdIf({ from, length }: Plane, best: Plan): Plan {
    const frame = zstdFrame(this.#memory.subarray(from, from + length))
    const write = (): void => {
      this.#view.setUint32(this.#end, frame.length, true)
      this.#memory.set(frame, this.#end + 4)
      this.#end += 4 + frame.length
    }
    const size = 4 + frame.length
    return size < best.size * ZSTD_WINS ? { mode: 'zstd', size, write } : best
  }

  /** By what was counted last, which must be this plane. */
  #huffman({ from, length }: Plane): Plan {
    const lengths = new Uint8Array(256)
    const bits = codeLengths(this.#counts, length < SHORT_PLANE ? SHORT_LIMIT : MAX_CODE_BITS, lengths)
    let [first, last] = [0, 255]
    while (lengths[first] === 0) first++
    while (lengths[last] === 0) last--
    const table = (last - first + 2) >> 1
    const sizes = length < WIDE_STREAMS ? 8 : 16
    const write = (): void => {
      this.#byte(first)
      this.#byte(last)
      for (let symbol = first; symbol <= last; symbol += 2) {
        this.#byte(lengths[symbol]! | (symbol < last ? lengths[symbol + 1]! << 4 : 0))
      }
      this.#streams({ from, length }, lengths, sizes)
    }
    return { mode: 'huffman', size: 2 + table + sizes + Math.ceil(bits / 8) + STREAMS_ROUNDED, write }
  }

  #streams({ from, length }: Plane, lengths: Uint8Array, sizes: number): void {
    assignCodes(lengths, this.#codes)
    const header = this.#end
    this.#end += sizes
    const quarter = Math.ceil(length / 4)
    for (let stream = 0; stream < 4; stream++) {
      const start = Math.min(length, stream * quarter)
      const count = Math.min(length, start + quarter) - start
      const end = this.#loops.encode(from + start, count, at.CODES, this.#end)
      if (sizes === 8) this.#view.setUint16(header + 2 * stream, end - this.#end, true)
      else this.#view.setUint32(header + 4 * stream, end - this.#end, true)
      this.#end = end
    }
  }

  /** By what was counted last, `used` symbols of this plane. */
  #packed({ from, length }: Plane, used: number): Plan {
    const mode: PackedMode = used <= 2 ? 'packed1' : used <= 4 ? 'packed2' : 'packed4'
    const symbols: number[] = []
    this.#counts.forEach((count, symbol) => {
      if (count === 0) return
      this.#memory[at.MAP + symbol] = symbols.length
      symbols.push(symbol)
    })
    const bits = PACKED_BITS[mode]
    this.#loops.pack(from, length, bits, at.MAP, at.PACKED)
    const inner: Plane = { from: at.PACKED, length: Math.ceil((length * bits) / 8) }
    this.#loops.count(inner.from, inner.length, at.COUNTS)
    const plan = this.#histogram().used === 1 ? this.#constant(inner) : this.#huffman(inner)
    const smallest = plan.size < inner.length ? plan : undefined
    const write = (): void => {
      this.#byte(used)
      for (const symbol of symbols) this.#byte(symbol)
      this.#byte(PLANE_MODES.indexOf(smallest?.mode ?? 'raw'))
      if (smallest) smallest.write()
      // The next plane is packed at the same place.
      else this.#copy(inner.from, inner.length)
    }
    return { mode, size: 1 + used + 1 + (smallest?.size ?? inner.length), write }
  }

  #begin(): void {
    this.#start = at.BODY
    this.#end = at.BODY
    this.#parts = []
  }

  #byte(value: number): void {
    this.#memory[this.#end++] = value
  }

  #copy(from: number, length: number): void {
    this.#memory.copyWithin(this.#end, from, from + length)
    this.#end += length
  }

  #refer(from: number, length: number): void {
    if (length === 0) return
    this.#parts.push({ from: this.#start, length: this.#end - this.#start }, { from, length })
    this.#start = this.#end
  }

  #body(below: number): Uint8Array | undefined {
    const parts = [...this.#parts, { from: this.#start, length: this.#end - this.#start }]
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length >= below) return undefined
    const body = freshBytes(length)
    let to = 0
    for (const part of parts) {
      body.set(this.#memory.subarray(part.from, part.from + part.length), to)
      to += part.length
    }
    return body
  }
}

function smaller(a: Plan, b: Plan): Plan {
  return b.size < a.size ? b : a
}

/** What the best code of single bytes comes to. */
function entropyBytes(counts: Uint32Array, length: number): number {
  let bits = 0
  for (let symbol = 0; symbol < 256; symbol++) {
    const count = counts[symbol]!
    if (count > 0) bits += count * Math.log2(length / count)
  }
  return bits / 8
}
