import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codecLayout, openCodecLoops, openReferenceCodecLoops } from '../../kernels/index.ts'
import { RegistryError } from '../errors.ts'
import { MAX_PIECE_BYTES } from '../layout/types.ts'
import { openPieceCodec } from './codec.ts'
import { ELEMENT_KINDS, ENCODINGS, type EncodedPiece } from './types.ts'

const codec = openPieceCodec(openCodecLoops())
const plain = openPieceCodec(openReferenceCodecLoops())

/** Numbers from 0 to before 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function gaussian(length: number, deviation: number, seed: number): Float32Array {
  const next = random(seed)
  return Float32Array.from(
    { length },
    () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()) * deviation,
  )
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer.slice(0) as ArrayBuffer)
}

function bfloat16(values: Float32Array): Uint8Array {
  return bytesOf(Uint16Array.from(new Uint32Array(values.buffer), bits => (bits + 0x8000) >>> 16))
}

/** What a piece may be like, of any length. */
const CONTENTS: Readonly<Record<string, (length: number, seed: number) => Uint8Array>> = {
  noise: (length, seed) => Uint8Array.from({ length }, random(seed)).map((_, i) => hash(i, seed)),
  zeros: length => new Uint8Array(length),
  'one value': (length, seed) => new Uint8Array(length).fill(seed),
  'two values': (length, seed) => new Uint8Array(length).map((_, i) => (hash(i, seed) < 60 ? seed & 255 : 7)),
  'few values, mostly one': (length, seed) =>
    new Uint8Array(length).map((_, i) => (hash(i, seed) < 25 ? hash(i, seed + 1) & 13 : 0)),
  'falling odds': (length, seed) =>
    new Uint8Array(length).map((_, i) => Math.clz32(hash(i, seed) * 2 ** 24 + hash(i, seed + 1) * 2 ** 16)),
  weights: (length, seed) => bytesOf(gaussian(Math.ceil(length / 4), 0.02, seed)).subarray(0, length),
  'half the weights 0': (length, seed) =>
    bytesOf(
      gaussian(Math.ceil(length / 4), 0.02, seed).map((value, i) => (hash(i, seed) < 128 ? 0 : value)),
    ).subarray(0, length),
  'NaNs and infinities': (length, seed) => {
    const special = [
      Number.NaN,
      -Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -0,
      0,
      1e-42,
    ]
    const values = Float32Array.from({ length: Math.ceil(length / 4) }, (_, i) => special[hash(i, seed) % 7]!)
    return bytesOf(values).subarray(0, length)
  },
  rows: (length, seed) => new Uint8Array(length).map((_, i) => hash(i % 96, seed)),
}

/** A byte, the same for the same numbers. */
function hash(i: number, seed: number): number {
  let h = Math.imul(i ^ Math.imul(seed, 0x9e37_79b1), 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
  return (h >>> 16) & 255
}

const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 })
const kind = fc.constantFrom(...ELEMENT_KINDS)
const content = fc.constantFrom(...Object.keys(CONTENTS))
const length = fc.oneof(fc.nat({ max: 64 }), fc.nat({ max: 1200 }), fc.nat({ max: 70_000 }))

/** A piece and what it may be a delta of: its own bytes, a few of them changed. */
const piece = fc
  .record({ kind, content, length, seed, based: fc.boolean() })
  .map(({ content: like, length: long, seed: start, ...rest }) => {
    const raw = CONTENTS[like]!(long, start)
    const base = raw.map((byte, i) => (hash(i, start + 5) < 20 ? byte + 1 : byte))
    return { ...rest, raw, base: rest.based ? base : undefined }
  })

describe('any piece', () => {
  test('comes back, is never larger, and is the same without WASM', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(piece, ({ raw, kind: of, base }) => {
        const stored = codec.encode(raw, of, base)
        expect(stored.body.length).toBeLessThanOrEqual(raw.length)
        expect(stored.encoding === 'delta' && !base).toBe(false)
        expect(Buffer.compare(codec.decode(stored, raw.length, base), raw)).toBe(0)
        const same = plain.encode(raw, of, base)
        expect(same.encoding).toBe(stored.encoding)
        expect(Buffer.compare(same.body, stored.body)).toBe(0)
        expect(Buffer.compare(plain.decode(stored, raw.length, base), raw)).toBe(0)
        const place = Uint8Array.from(raw)
        const inPlace = codec.encode(place, of, base, place)
        expect(inPlace.encoding).toBe(stored.encoding)
        expect(Buffer.compare(inPlace.body, stored.body)).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  test('of no bytes to 64, of each kind', () => {
    for (const of of ELEMENT_KINDS) {
      for (let long = 0; long <= 64; long++) {
        for (const make of Object.values(CONTENTS)) {
          const raw = make(long, long + 1)
          const stored = codec.encode(raw, of)
          expect(Buffer.compare(codec.decode(stored, long), raw)).toBe(0)
        }
      }
    }
  })

  test('of the longest length, and beyond it', () => {
    expect(codecLayout.CODEC_ROOM).toBe(MAX_PIECE_BYTES)
    for (const long of [MAX_PIECE_BYTES, MAX_PIECE_BYTES + 1, 3 * MAX_PIECE_BYTES]) {
      const raw = CONTENTS['weights']!(long, 3)
      const stored = codec.encode(raw, 'float32')
      expect(stored.encoding).toBe(long > MAX_PIECE_BYTES ? 'zstd' : 'planes')
      expect(Buffer.compare(codec.decode(stored, long), raw)).toBe(0)
    }
  })

  test('nothing that it gives is a view of its memory', () => {
    const [raw, base] = [CONTENTS['weights']!(4096, 1), CONTENTS['weights']!(4096, 2)]
    const stored = [codec.encode(raw, 'float32'), codec.encode(base, 'float32')]
    const bytes = stored.map(each => codec.decode(each, 4096))
    codec.encode(CONTENTS['noise']!(4096, 9), 'float32')
    expect(Buffer.compare(bytes[0]!, raw)).toBe(0)
    expect(Buffer.compare(bytes[1]!, base)).toBe(0)
    expect(Buffer.compare(codec.decode(stored[0]!, 4096), raw)).toBe(0)
    const noise = CONTENTS['noise']!(64, 9)
    const rawPiece = codec.encode(noise, 'bytes')
    noise.fill(0)
    expect(rawPiece).toEqual({ encoding: 'raw', body: CONTENTS['noise']!(64, 9) })
  })
})

describe('sizes', () => {
  const weights = gaussian(2 ** 18, 0.02, 42)

  test('of weights are near what their exponents hold', () => {
    const share = (raw: Uint8Array, of: (typeof ELEMENT_KINDS)[number], base?: Uint8Array): number =>
      codec.encode(raw, of, base).body.length / raw.length
    expect(share(bytesOf(weights), 'float32')).toBeLessThan(0.84)
    expect(share(bfloat16(weights), 'bfloat16')).toBeLessThan(0.67)
    expect(share(bytesOf(Float16Array.from(weights)), 'float16')).toBeLessThan(0.85)
    expect(share(bytesOf(Float64Array.from(weights)), 'float64')).toBeLessThan(0.6)
    const int8 = bytesOf(Int8Array.from(weights, value => value * 1000))
    expect(share(int8, 'int8')).toBeLessThan(0.83)
    const small = bytesOf(Int32Array.from(weights, value => value * 1000))
    expect(share(small, 'int32')).toBeLessThan(0.21)
  })

  test('of a fine-tune that moves every weight a little', () => {
    const noise = gaussian(2 ** 18, 1e-3, 43)
    const tuned = weights.map((value, i) => value * (1 + noise[i]!))
    const stored = codec.encode(bfloat16(tuned), 'bfloat16', bfloat16(weights))
    expect(stored.encoding).toBe('delta')
    expect(stored.body.length / (2 * tuned.length)).toBeLessThan(0.055)
    expect(codec.encode(bytesOf(tuned), 'float32', bytesOf(weights)).body.length).toBeLessThan(
      tuned.length * 4 * 0.5,
    )
  })

  test('no delta where it wins nothing', () => {
    const other = gaussian(2 ** 18, 0.02, 44)
    expect(codec.encode(bytesOf(weights), 'float32', bytesOf(other)).encoding).toBe('planes')
    expect(codec.encode(bytesOf(weights), 'float32', new Uint8Array(12)).encoding).toBe('planes')
  })

  test('the shorter of both, where what a piece is by itself may win', () => {
    const coarse = bytesOf(weights.map(value => Math.round(value * 100) / 128))
    const nearly = bytesOf(weights.map(value => Math.round(value * 100) / 128 + value * 1e-3))
    const alone = codec.encode(coarse, 'float32')
    const stored = codec.encode(coarse, 'float32', nearly)
    expect(stored).toEqual(alone)
    expect(stored.body.length).toBeLessThan(coarse.length / 4)
  })

  test('are the same where a piece is written to its own place', () => {
    const noise = gaussian(2 ** 18, 1e-3, 43)
    const tuned = weights.map((value, i) => value * (1 + noise[i]!))
    for (const [raw, kind, base] of [
      [bytesOf(tuned), 'float32', bytesOf(weights)],
      [bfloat16(tuned), 'bfloat16', bfloat16(weights)],
      [bytesOf(tuned), 'float32', undefined],
    ] as const) {
      const expected = codec.encode(raw, kind, base)
      const place = Uint8Array.from(raw)
      const stored = codec.encode(place, kind, base, place)
      expect(stored.body.buffer).toBe(place.buffer)
      expect(stored).toEqual(expected)
    }
  })

  test('of rows that an edit left alone are near nothing, and what was edited is stored', () => {
    const edited = weights.map((value, i) => (Math.floor(i / 1024) % 4 === 0 ? value * 1.3 + 1e-3 : value))
    const stored = codec.encode(bytesOf(edited), 'float32', bytesOf(weights))
    expect(stored.encoding).toBe('delta')
    // A quarter, of which each element takes about 24 bits.
    expect(stored.body.length).toBeLessThan(edited.length * 4 * 0.21)
  })

  test('of noise are its own, and of what repeats itself next to nothing', () => {
    const noise = CONTENTS['noise']!(2 ** 16, 1)
    expect(codec.encode(noise, 'float32').encoding).toBe('raw')
    expect(codec.encode(noise, 'bytes').encoding).toBe('raw')
    const rows = new Uint8Array(2 ** 20)
    for (let at = 0; at < rows.length; at += noise.length) rows.set(noise, at)
    expect(codec.encode(rows, 'float32').body.length).toBeLessThan(noise.length * 1.1)
    expect(codec.encode(new Uint8Array(2 ** 20), 'float32').body.length).toBeLessThan(100)
    const text = new TextEncoder().encode('{"dtype":"F32","shape":[384],"data_offsets":[0,1536]},'.repeat(40))
    expect(codec.encode(text, 'bytes').body.length).toBeLessThan(200)
  })
})

/** Stored by this format when it was new: what is stored once is read for ever. */
describe('bodies of the first version', () => {
  /** Squares modulo a prime: nearly noise, and the same everywhere. */
  const noise = (i: number): number => ((i * i * 31 + i * 17) % 65_521) & 255
  const weight = (i: number): number => ((noise(i) - 127.5) * (noise(i + 999) + 0.5)) / 40_000
  const floats = (of: (i: number) => number): Uint8Array =>
    bytesOf(Float32Array.from({ length: 97 }, (_, i) => of(i)))
  const bytes = (long: number, of: (i: number) => number): Uint8Array =>
    Uint8Array.from({ length: long }, (_, i) => of(i))
  const upperHalf = (i: number): number => new Uint32Array(Float32Array.of(weight(i)).buffer)[0]! >>> 16

  const stored: readonly (readonly [string, Uint8Array, EncodedPiece['encoding'], string, Uint8Array?])[] = [
    [
      'huffman, raw, rotated, and half an element',
      bytesOf(Uint16Array.from({ length: 150 }, (_, i) => upperHalf(i))).subarray(0, 299),
      'planes',
      'BQAdx+pZvcOSH2k9ki+RHXyNEf3DDqL2F2D1C24fCMIePxEprdiju936yXdTqmXTDbKNFwcP8liUKYwVfy4iKrx4RxkY8RKtCYN8GxlFGPtJLQUxdMjxetW2/otLTFWor4cWNXyqONWUJAIt/DTimWwGsiPKGVsC2zk3JYIAfDoLNP45rgkHD44jXysYCf1VTjE9Hxo3fAJ0fgVmNEQjAg4ADwAPAA4AsjAN0+EdMrbuZKVGuTxpkoY5NLTO9z57RFnkPgP39Bfo+xudTs4eDwwQWgGXj+hyy4obt5tls10dAdo=',
    ],
    [
      'folded',
      bytesOf(Int16Array.from({ length: 75 }, (_, i) => ((i * i) % 23) - 11)),
      'planes',
      'CQICFUREAEADMEQwMEAJAAkACQAIAG8mVLfRMx17JUj6zYTqNnqmA3slJP1mQnUbDTMdeyUk/WZCAQA=',
    ],
    ['packed in 1 bit', bytes(99, i => (noise(i) < 50 ? 200 : 9)), 'planes', 'AAQCCcgAAwBDCAMAhgBKxBIEAg=='],
    [
      'packed in 4 bits',
      bytes(399, i => (noise(i) < 25 ? noise(i) & 3 : 9)),
      'planes',
      'AAYFAAECAwkCBEQEAAAAAABgAAQAAAAAAAAABAAAAAAAAGAFAAAAAAAEQwELAAoACgALAAtYYijAo2GAbTgKACoAuALQGvooBAE+/AAItAUehAEArCkHAAtPANpKAQ==',
    ],
    [
      'a plane by zstd',
      bytes(299, i => (noise(i) < 50 ? noise(i) & 15 : 9)),
      'planes',
      'AAN2AAAAKLUv/WArAGUDAKKECY4RERERFRESEL+L5x1RS23OOFxDro3OeQmQrmP4LnQyyl6uCRGAIiAAAxlUBxetwGaJhyHMYKODLDLUJxYSTCkPCx33MeObY5dr/rsQm30Xd3thwZaow7nxsvX4xSADthm7bCtzAMccAg==',
    ],
    [
      'differences',
      floats(weight),
      'delta',
      'DgCrQ0ehL0cBccdhox9TzW/9azu5m+/tH9eDtQc7G7c/rWu/K0HFJV0xm9uBryFXubXnXwfv551V6dEzK50b7XVnezt9G31lb4V9DzEJF9nxYTn9QU3fBw/NgTHlVRkF1RVlBQQAAQIDABgZBGARRBYQYGQQgAVQJUSAQEAYkTBGmAABAAEA',
      floats(i => weight(i) * (1 + noise(i + 5) * 1e-7)),
    ],
    [
      'zstd',
      bytes(600, i => noise(i % 60)),
      'zstd',
      'KLUv/WBYAS0CAMQDADCeSjRcwmZIaMZiPFSqPhAgbvrEzBKWWFiWEszE+m4gED6qVDxixmhIZsJcNFmtPw8dafO7wQWHR0WBAQCc4VcKCg==',
    ],
  ]
  test.each(stored.map(([name], place) => ({ name, place })))('$name', ({ place }) => {
    const [, raw, encoding, body, base] = stored[place]!
    for (const each of [codec, plain]) {
      const decoded = each.decode({ encoding, body: Buffer.from(body, 'base64') }, raw.length, base)
      expect(Buffer.compare(decoded, raw)).toBe(0)
    }
  })
})

describe('a damaged piece', () => {
  /** Anything but the right number of bytes, or PIECE_CORRUPT, fails. */
  function survives(stored: EncodedPiece, long: number, base?: Uint8Array): void {
    for (const each of [codec, plain]) {
      try {
        expect(each.decode(stored, long, base).length).toBe(long)
      } catch (error) {
        expect(error).toBeInstanceOf(RegistryError)
        expect(error).toMatchObject({ code: 'PIECE_CORRUPT' })
      }
    }
  }

  test('gives its length in bytes, or is refused', { timeout: 120_000 }, () => {
    const damage = fc.record({ at: fc.nat(), to: fc.nat({ max: 255 }), cut: fc.nat({ max: 3 }) })
    fc.assert(
      fc.property(piece, damage, fc.constantFrom(...ENCODINGS), ({ raw, kind: of, base }, how, encoding) => {
        const stored = codec.encode(raw, of, base)
        // Mostly in the first bytes, where what is read decides.
        const at = how.at % Math.max(1, how.at % 2 ? stored.body.length : Math.min(40, stored.body.length))
        const body = stored.body.map((byte, i) => (i === at ? how.to : byte))
        survives({ ...stored, body: body.subarray(0, body.length - how.cut) }, raw.length, base)
        survives({ encoding, body }, raw.length, base)
        survives(stored, raw.length + how.cut - 1, base)
      }),
      { numRuns: 200 },
    )
  })

  test('of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 2000 }), (body, long) => {
        for (const encoding of ENCODINGS) survives({ encoding, body }, long, new Uint8Array(long))
      }),
    )
  })

  const refused = (
    encoding: EncodedPiece['encoding'],
    body: readonly number[],
    long: number,
    base?: Uint8Array,
  ) => expect(() => codec.decode({ encoding, body: Uint8Array.from(body) }, long, base))

  test('is refused with what is wrong', () => {
    refused('raw', [1, 2, 3], 4).toThrow('3 bytes instead of 4')
    refused('zstd', [1, 2, 3], 4).toThrow('does not hold 4')
    refused('delta', [0], 4).toThrow('its base has no bytes instead of 4')
    refused('planes', [0xff], 4).toThrow('no way to cut elements')
    refused('planes', [3 << 2], 4).toThrow('no way to cut elements')
    refused('delta', [0, 0, 1, 2, 3, 4], 40, new Uint8Array(40)).toThrow('no way to cut elements of a delta')
    refused('planes', [0, 9], 4).toThrow('no way to store a plane')
    refused('planes', [0, 0, 1, 2], 40).toThrow('are missing')
    refused('planes', [0, 1, 7, 7], 40).toThrow('1 bytes too many')
    refused('planes', [0, 2, 9, 3], 40).toThrow('symbols from 9 to 3')
    refused('planes', [0, 2, 0, 1, 0x21], 40).toThrow('not complete')
    refused('planes', [0, 2, 0, 1, 0x11, 1, 0, 1, 0, 1, 0, 9, 0, 0, 0, 0], 40).toThrow('9 bytes are missing')
    refused('planes', [0, 2, 0, 1, 0x11, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0], 40).toThrow(
      'does not hold its part',
    )
    refused('planes', [0, 4, 3, 1, 2, 3, 1, 0], 40).toThrow('3 symbols in 1 bits')
    refused('planes', [0, 4, 2, 1, 2, 5, 1, 0], 40).toThrow('packed twice')
    refused('planes', [0, 3, 0, 0, 0, 1], 40).toThrow('16777216 bytes are missing')
    refused('planes', new Array<number>(50).fill(0), 40).toThrow("can't be the planes of 40")
    refused('planes', [0, 1, 0], 2 ** 40).toThrow("can't be the planes of")
  })
})
