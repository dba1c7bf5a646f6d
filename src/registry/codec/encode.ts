import { codecLayout as at, type CodecLoops, MAX_CODE_BITS, TRANSFORMS } from '../../kernels/index.ts'
import { type Cut, PACKED_BITS, type PackedMode, PLANE_MODES, type PlaneMode, WIDE_STREAMS } from './body.ts'
import { freshBytes } from './fresh.ts'
import { assignCodes, codeLengths } from './huffman.ts'
import { type Plane, PlaneSurvey } from './survey.ts'
import { zstdFrame } from './zstd.ts'

/** Of a plane's bytes, what coding must win: less does not pay for the time that reading takes. */
const LEAST_GAIN = 1 / 100

/** zstd takes longer to read: what it must make of the other's size. */
const ZSTD_WINS = 0.98

/** What codes may take more than the entropy of single bytes before zstd is tried, a byte. */
const WASTE = 1 / 32

/** Short planes have short codes: the table that decodes them costs time too. */
const SHORT_PLANE = 8192
const SHORT_LIMIT = 10

/** What making the code of a pair costs: symbols that must be written by it, so that it pays. */
const PAIR_COST = 16
/** Pairs of more symbols than these do not stay in a processor's nearest memory, and win nothing: 64 KiB of them. */
const PAIR_SYMBOLS = 128

/** Elements by which a piece is estimated, in as many parts; it pays for pieces of some times as many. */
const ESTIMATE_PARTS = 4
const ESTIMATE_PART = 2048
const ESTIMATE_LEAST: number = 8 * ESTIMATE_PARTS * ESTIMATE_PART

/** Each of four streams may end with a byte that is not full. */
const STREAMS_ROUNDED = 4

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
  readonly #survey: PlaneSurvey
  /** Of the plane that was counted last. */
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
    this.#survey = new PlaneSurvey(loops)
    this.#counts = this.#survey.counts
    const { buffer } = loops.memory
    this.#view = new DataView(buffer)
    this.#codes = new Uint32Array(buffer, at.CODES, 512)
  }

  /**
   * The body of the `length` bytes at PIECE (and at BASE); undefined when it would not be shorter than `below`. Of a
   * piece that repeats itself, zstd is tried on every plane. Written to where `room` has so many bytes, or to fresh
   * memory.
   */
  encode(
    length: number,
    { log, transform }: Cut,
    repeating: boolean,
    below: number,
    room: (length: number) => Uint8Array | undefined,
  ): Uint8Array | undefined {
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
    return this.#body(below, room)
  }

  /**
   * About the bytes that the best codes of single bytes make of the `length` bytes at PIECE, by parts of it that are
   * spread over it; 0 where it is too short to be told by parts.
   */
  estimate(length: number, { log, transform }: Cut): number {
    const count = length >>> log
    if (count < ESTIMATE_LEAST) return 0
    const sample = ESTIMATE_PARTS * ESTIMATE_PART
    const stride = (sample + 127) & ~63
    for (let i = 0; i < ESTIMATE_PARTS; i++) {
      const start = Math.floor(((count - ESTIMATE_PART) * i) / (ESTIMATE_PARTS - 1))
      const to = at.PLANES + i * ESTIMATE_PART
      this.#loops.split(
        at.PIECE + (start << log),
        ESTIMATE_PART,
        log,
        TRANSFORMS.indexOf(transform),
        at.BASE,
        to,
        stride,
      )
    }
    let bytes = 0
    for (let plane = 0; plane < 1 << log; plane++) {
      const part = { from: at.PLANES + plane * stride, length: sample }
      this.#survey.count(part)
      bytes += this.#survey.entropy(part)
    }
    return (bytes * count) / sample
  }

  #plan(plane: Plane, repeating: boolean): Plan {
    const { length } = plane
    const survey = this.#survey
    if (length < 2 || (!repeating && survey.sampleIsFlat(plane))) return this.#raw(plane)
    const { used, most, flat } = survey.count(plane)
    if (used === 1) return this.#constant(plane)
    if (!repeating && flat) return this.#raw(plane)
    const commonest = this.#counts.indexOf(most)
    // Codes of whole bits fit badly only where one byte is much of the plane.
    const entropy = most < length / 4 ? length : survey.entropy(plane)
    const codes = this.#huffman(plane)
    const best = used > 16 ? codes : smaller(this.#packed(plane, used), codes)
    const wasteful = best.size > entropy + length * WASTE
    const tryZstd = repeating || wasteful || survey.isClumped(plane, commonest, most)
    const stored = tryZstd ? this.#zstdIf(plane, best) : best
    return stored.size < length * (1 - LEAST_GAIN) ? stored : this.#raw(plane)
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
      assignCodes(lengths, this.#codes)
      this.#streams({ from, length }, sizes, this.#pairs(first, last, length))
    }
    return { mode: 'huffman', size: 2 + table + sizes + Math.ceil(bits / 8) + STREAMS_ROUNDED, write }
  }

  /** Where codes of two symbols are, if the plane is long enough for so many. */
  #pairs(first: number, last: number, length: number): number {
    const symbols = last - first
    if (symbols > PAIR_SYMBOLS || symbols ** 2 * PAIR_COST > length) return 0
    this.#loops.pairs(at.CODES, first, last, at.BASE)
    return at.BASE
  }

  #streams({ from, length }: Plane, sizes: number, pairs: number): void {
    const header = this.#end
    this.#end += sizes
    const quarter = Math.ceil(length / 4)
    for (let stream = 0; stream < 4; stream++) {
      const start = Math.min(length, stream * quarter)
      const count = Math.min(length, start + quarter) - start
      const end = this.#loops.encode(from + start, count, at.CODES, pairs, this.#end)
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
    const plan = this.#survey.count(inner).used === 1 ? this.#constant(inner) : this.#huffman(inner)
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

  #body(below: number, room: (length: number) => Uint8Array | undefined): Uint8Array | undefined {
    const parts = [...this.#parts, { from: this.#start, length: this.#end - this.#start }]
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length >= below) return undefined
    const body = room(length)?.subarray(0, length) ?? freshBytes(length)
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
