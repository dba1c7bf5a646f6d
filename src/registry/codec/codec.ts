import { codecLayout as at, type CodecLoops, openCodecLoops } from '../../kernels/index.ts'
import { CUTS, differences } from './body.ts'
import { PlaneDecoder, pieceCorrupt } from './decode.ts'
import { PlaneEncoder } from './encode.ts'
import { freshBytes } from './fresh.ts'
import { REPEATING } from './survey.ts'
import type { ElementKind, EncodedPiece, PieceCodec } from './types.ts'
import { zstdContent, zstdFrame } from './zstd.ts'

/** Shorter ones stay raw: a header costs more. */
const LEAST_BYTES = 16

/** From this length on one of eight words is looked at, so that the table remembers the whole piece. */
const LONG_PIECE = 0x2_0000
const ONE_OF_EIGHT = 7

/**
 * A delta of less than this part is not measured against what the piece is by itself; nor is one by which that would be
 * so many times as long, as parts of it tell.
 */
const CLEAR_WIN = 0.4
const CLEARLY_LONGER = 1.25

/** The codec with 6 MB of memory of its own, for one thread. */
export function openPieceCodec(loops: CodecLoops = openCodecLoops()): PieceCodec {
  return new PlaneCodec(loops)
}

class PlaneCodec implements PieceCodec {
  readonly #loops: CodecLoops
  readonly #memory: Uint8Array
  readonly #encoder: PlaneEncoder
  readonly #decoder: PlaneDecoder

  constructor(loops: CodecLoops) {
    this.#loops = loops
    this.#memory = loops.memory
    this.#encoder = new PlaneEncoder(loops)
    this.#decoder = new PlaneDecoder(loops)
  }

  encode(raw: Uint8Array, kind: ElementKind, base?: Uint8Array, into?: Uint8Array): EncodedPiece {
    if (raw.length < LEAST_BYTES) return rawPiece(raw)
    if (raw.length > at.CODEC_ROOM) return smaller(rawPiece(raw), { encoding: 'zstd', body: zstdFrame(raw) })
    this.#memory.set(raw, at.PIECE)
    const mask = raw.length < LONG_PIECE ? 0 : ONE_OF_EIGHT
    const repeating = this.#loops.repeats(at.PIECE, raw.length, mask, at.SEEN) >= REPEATING
    const clear = base === undefined || repeating ? 0 : this.#clearWin(raw.length, kind)
    // A delta that may lose against what the piece is by itself must not lie where that is written.
    const room = (length: number): Uint8Array | undefined => (length < clear ? into : undefined)
    const delta = base?.length === raw.length ? this.#delta(raw, kind, base, room) : undefined
    if (delta && delta.body.length < clear) return delta
    const own = this.#own(raw, kind, repeating, delta?.body.length ?? raw.length, into)
    return own ?? delta ?? rawPiece(raw)
  }

  decode({ encoding, body }: EncodedPiece, length: number, base?: Uint8Array, into?: Uint8Array): Uint8Array {
    switch (encoding) {
      case 'raw':
        if (body.length !== length) throw pieceCorrupt(`${body.length} bytes instead of ${length}`)
        return written(body, into)
      case 'zstd': {
        const content = zstdContent(body, length)
        if (!content) throw pieceCorrupt(`a zstd frame of ${body.length} bytes does not hold ${length}`)
        return into ? written(content, into) : content
      }
      case 'delta':
        if (base?.length !== length) {
          throw pieceCorrupt(`its base has ${base?.length ?? 'no'} bytes instead of ${length}`)
        }
        if (length <= at.CODEC_ROOM) this.#memory.set(base, at.BASE)
        break
      case 'planes':
    }
    this.#decoder.decode(body, length, encoding === 'delta')
    return written(this.#memory.subarray(at.PIECE, at.PIECE + length), into)
  }

  /** Below this length a delta is taken at once. */
  #clearWin(length: number, kind: ElementKind): number {
    const own = kind === 'bytes' ? 0 : this.#encoder.estimate(length, CUTS[kind])
    return Math.max(length * CLEAR_WIN, own / CLEARLY_LONGER)
  }

  #delta(
    raw: Uint8Array,
    kind: ElementKind,
    base: Uint8Array,
    room: (length: number) => Uint8Array | undefined,
  ): EncodedPiece | undefined {
    this.#memory.set(base, at.BASE)
    const body = this.#encoder.encode(raw.length, differences(CUTS[kind]), false, raw.length, room)
    return body && { encoding: 'delta', body }
  }

  /** Without a base: shorter than `below`, or undefined. */
  #own(
    raw: Uint8Array,
    kind: ElementKind,
    repeating: boolean,
    below: number,
    into: Uint8Array | undefined,
  ): EncodedPiece | undefined {
    const frame = repeating || kind === 'bytes' ? zstdFrame(raw) : undefined
    const bound = Math.min(below, frame?.length ?? below)
    const body =
      kind === 'bytes'
        ? undefined
        : this.#encoder.encode(raw.length, CUTS[kind], repeating, bound, () => into)
    if (body) return { encoding: 'planes', body }
    return frame && frame.length < below ? { encoding: 'zstd', body: frame } : undefined
  }
}

function written(bytes: Uint8Array, into: Uint8Array = freshBytes(bytes.length)): Uint8Array {
  into.set(bytes)
  return into
}

function rawPiece(raw: Uint8Array): EncodedPiece {
  return { encoding: 'raw', body: new Uint8Array(raw) }
}

function smaller(a: EncodedPiece, b: EncodedPiece): EncodedPiece {
  return b.body.length < a.body.length ? b : a
}
