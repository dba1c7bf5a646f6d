import { codecLayout as at, type CodecLoops, MAX_CODE_BITS, TRANSFORMS } from '../../kernels/index.ts'
import { RegistryError } from '../errors.ts'
import { type Cut, PACKED_BITS, PLANE_MODES, type PlaneMode, WIDE_STREAMS } from './body.ts'
import { assignCodes, isComplete } from './huffman.ts'
import { zstdContent } from './zstd.ts'

/** From this on a larger table, which gives more symbols at a time, costs less than it saves. */
const SYMBOLS_A_PLACE = 8

export function pieceCorrupt(what: string): RegistryError {
  return new RegistryError('PIECE_CORRUPT', {
    message: `A stored piece is damaged: ${what}`,
    hint: '`ballast registry fsck` says what it belongs to, and repairs it where it can.',
  })
}

/** Reads bodies of planes (body.ts) in the memory of the loops. */
export class PlaneDecoder {
  readonly #loops: CodecLoops
  readonly #memory: Uint8Array
  readonly #view: DataView
  readonly #codes: Uint32Array
  readonly #streams: Uint32Array
  readonly #places: Uint32Array
  readonly #lengths = new Uint8Array(256)
  #at = at.BODY
  #end = at.BODY

  constructor(loops: CodecLoops) {
    this.#loops = loops
    this.#memory = loops.memory
    const { buffer } = loops.memory
    this.#view = new DataView(buffer)
    this.#codes = new Uint32Array(buffer, at.CODES, 512)
    this.#streams = new Uint32Array(buffer, at.STREAMS, 5)
    this.#places = new Uint32Array(buffer, at.PLACES, 8)
  }

  /** The `length` bytes of a piece, at PIECE, from its body. A delta's base lies at BASE. */
  decode(body: Uint8Array, length: number, isDelta: boolean): void {
    if (length > at.CODEC_ROOM || body.length > length) {
      throw pieceCorrupt(`${body.length} bytes can't be the planes of ${length}`)
    }
    this.#memory.set(body, at.BODY)
    this.#at = at.BODY
    this.#end = at.BODY + body.length
    const { log, transform } = this.#cut(isDelta)
    const count = length >>> log
    const stride = (count + 127) & ~63
    for (let plane = 0; plane < 1 << log; plane++) {
      this.#places[plane] = this.#plane(at.PLANES + plane * stride, count)
    }
    const whole = count << log
    this.#loops.join(at.PLACES, count, log, TRANSFORMS.indexOf(transform), at.BASE, at.PIECE)
    const rest = this.#take(length - whole)
    this.#memory.copyWithin(at.PIECE + whole, rest, rest + length - whole)
    if (this.#at !== this.#end) throw pieceCorrupt(`${this.#end - this.#at} bytes too many`)
  }

  #cut(isDelta: boolean): Cut {
    const head = this.#byte()
    const transform = TRANSFORMS[head >> 2]
    if (!transform || (transform === 'difference') !== isDelta) {
      throw pieceCorrupt(`${head} is no way to cut elements${isDelta ? ' of a delta' : ''}`)
    }
    return { log: head & 3, transform }
  }

  /** Where the plane lies then: `target`, or in the body. */
  #plane(target: number, count: number): number {
    const mode = this.#mode()
    if (mode !== 'packed1' && mode !== 'packed2' && mode !== 'packed4')
      return this.#simple(mode, target, count)
    const bits = PACKED_BITS[mode]
    const used = this.#byte()
    if (used > 2 ** bits) throw pieceCorrupt(`${used} symbols in ${bits} bits`)
    const symbols = this.#take(used)
    this.#memory.fill(0, at.MAP, at.MAP + 2 ** bits)
    this.#memory.copyWithin(at.MAP, symbols, symbols + used)
    const inner = this.#mode()
    if (inner.startsWith('packed')) throw pieceCorrupt('packed twice')
    const from = this.#simple(inner, at.PACKED, Math.ceil((count * bits) / 8))
    this.#loops.unpack(from, count, bits, at.MAP, target)
    return target
  }

  #simple(mode: PlaneMode, target: number, count: number): number {
    if (mode === 'raw') return this.#take(count)
    if (mode === 'constant') this.#memory.fill(this.#byte(), target, target + count)
    else if (mode === 'zstd') this.#zstd(target, count)
    else this.#huffman(target, count)
    return target
  }

  #zstd(target: number, count: number): void {
    const size = this.#number(4)
    const from = this.#take(size)
    const content = zstdContent(this.#memory.subarray(from, from + size), count)
    if (!content) throw pieceCorrupt(`a zstd frame of ${size} bytes does not hold ${count}`)
    this.#memory.set(content, target)
  }

  #huffman(target: number, count: number): void {
    const longest = this.#codeLengths()
    const width = count < WIDE_STREAMS ? 2 : 4
    const sizes = [0, 1, 2, 3].map(() => this.#number(width))
    sizes.forEach((size, stream) => {
      this.#streams[stream] = this.#take(size)
    })
    this.#streams[4] = this.#at
    assignCodes(this.#lengths, this.#codes)
    const worth = 31 - Math.clz32(Math.max(1, count / SYMBOLS_A_PLACE))
    const bits = Math.max(longest, Math.min(MAX_CODE_BITS, worth))
    this.#loops.tables(at.CODES, bits, at.SINGLE, at.TABLE)
    if (!this.#loops.decode(at.STREAMS, count, bits, at.SINGLE, at.TABLE, target)) {
      throw pieceCorrupt(`a stream does not hold its part of ${count} bytes`)
    }
  }

  /** Reads the lengths of codes; gives the longest. */
  #codeLengths(): number {
    const [first, last] = [this.#byte(), this.#byte()]
    if (first > last) throw pieceCorrupt(`symbols from ${first} to ${last}`)
    const lengths = this.#lengths.fill(0)
    for (let symbol = first; symbol <= last; symbol += 2) {
      const pair = this.#byte()
      lengths[symbol] = pair & 15
      if (symbol < last) lengths[symbol + 1] = pair >> 4
    }
    if (!isComplete(lengths)) throw pieceCorrupt('its codes are not complete')
    return lengths.reduce((a, b) => Math.max(a, b), 0)
  }

  #mode(): PlaneMode {
    const place = this.#byte()
    const mode = PLANE_MODES[place]
    if (!mode) throw pieceCorrupt(`${place} is no way to store a plane`)
    return mode
  }

  #byte(): number {
    return this.#memory[this.#take(1)]!
  }

  #number(width: 2 | 4): number {
    const from = this.#take(width)
    return width === 2 ? this.#view.getUint16(from, true) : this.#view.getUint32(from, true)
  }

  /** Where the next `length` bytes lie. */
  #take(length: number): number {
    const from = this.#at
    if (length > this.#end - from) throw pieceCorrupt(`${length} bytes are missing`)
    this.#at = from + length
    return from
  }
}
