import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BASE,
  BODY,
  CODES,
  COUNTS,
  MAP,
  PIECE,
  PLACES,
  PLANES,
  SEEN,
  SINGLE,
  STREAMS,
  TABLE,
} from './layout.ts'
import { plainCodecLoops } from './reference.ts'
import { type CodecLoops, MAX_CODE_BITS, TRANSFORMS } from './types.ts'
import { wasmCodecLoops } from './wasm.ts'

const plain = plainCodecLoops()
const wasm = wasmCodecLoops()!
const both: readonly CodecLoops[] = [plain, wasm]

const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 })
const transform = fc.nat({ max: TRANSFORMS.length - 1 })
const log = fc.nat({ max: 3 })

/** Numbers from 0 to before 1, the same for the same seed. */
function random(start: number): () => number {
  let state = start
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function bytesOf(length: number, start: number): Uint8Array {
  const next = random(start)
  return Uint8Array.from({ length }, () => next() * 256)
}

function put(at: number, bytes: Uint8Array): void {
  for (const { memory } of both) memory.set(bytes, at)
}

function part({ memory }: CodecLoops, at: number, length: number): Uint8Array {
  return memory.slice(at, at + length)
}

function words({ memory }: CodecLoops, at: number, length: number): Uint32Array {
  return new Uint32Array(memory.buffer, at, length)
}

/** Codes of random lengths, complete: a leaf is split until there are as many as symbols. */
function randomCodes(symbols: readonly number[], start: number): Uint32Array {
  const next = random(start)
  const leaves = [{ code: 0, length: 0 }]
  while (leaves.length < symbols.length) {
    const open = leaves.filter(({ length }) => length < MAX_CODE_BITS)
    const leaf = open[Math.floor(next() ** 3 * open.length)]!
    leaves.splice(leaves.indexOf(leaf), 1)
    const length = leaf.length + 1
    leaves.push({ code: leaf.code, length }, { code: leaf.code | (1 << leaf.length), length })
  }
  const codes = new Uint32Array(512)
  symbols.forEach((symbol, i) => {
    const { code, length } = leaves[i]!
    codes[2 * symbol] = length
    codes[2 * symbol + 1] = code << (32 - length)
  })
  return codes
}

function longest(codes: Uint32Array): number {
  return Math.max(...Array.from({ length: 256 }, (_, symbol) => codes[2 * symbol]!))
}

/** Writes a text's four streams at BODY, and where they begin and end at STREAMS; gives the end. */
function encodeAll(loops: CodecLoops, count: number, pairs = 0): number {
  const streams = words(loops, STREAMS, 5)
  const quarter = Math.ceil(count / 4)
  let end = BODY
  for (let stream = 0; stream < 4; stream++) {
    const first = Math.min(count, stream * quarter)
    streams[stream] = end
    end = loops.encode(PIECE + first, Math.min(count, first + quarter) - first, CODES, pairs, end)
  }
  streams[4] = end
  return end
}

describe('the kernels and their plain reference', () => {
  test('split and join any elements alike, and joining gives them back', () => {
    fc.assert(
      fc.property(fc.nat({ max: 150 }), log, transform, seed, (count, width, how, start) => {
        const length = count << width
        const raw = bytesOf(length, start)
        put(PIECE, raw)
        put(BASE, bytesOf(length, start + 1))
        const stride = (count + 127) & ~63
        const places = Array.from({ length: 1 << width }, (_, plane) => PLANES + plane * stride)
        for (const loops of both) {
          loops.split(PIECE, count, width, how, BASE, PLANES, stride)
          words(loops, PLACES, 8).set(places)
          loops.memory.fill(0xaa, PIECE, PIECE + length + 64)
          loops.join(PLACES, count, width, how, BASE, PIECE)
          expect(part(loops, PIECE, length)).toEqual(raw)
          expect(part(loops, PIECE + length, 64).every(byte => byte === 0xaa)).toBe(true)
        }
        for (const at of places) expect(part(wasm, at, count)).toEqual(part(plain, at, count))
      }),
    )
  })

  test('planes are what their transform says', () => {
    const floats = new Uint8Array(Float32Array.of(-1.5, 0.25).buffer)
    put(PIECE, floats)
    const shorts = new Uint8Array(Int16Array.of(-1, 0, 1, 300, -32_768).buffer)
    for (const loops of both) {
      loops.split(PIECE, 2, 2, TRANSFORMS.indexOf('rotated'), BASE, PLANES, 64)
      // Exponents 127 and 125, and the signs in the lowest bit.
      expect([...part(loops, PLANES + 192, 2)]).toEqual([127, 125])
      expect([...part(loops, PLANES, 2)]).toEqual([1, 0])
      loops.memory.set(shorts, PIECE)
      loops.split(PIECE, 5, 1, TRANSFORMS.indexOf('folded'), BASE, PLANES, 64)
      expect([...part(loops, PLANES, 5)]).toEqual([1, 0, 2, 600 & 255, 255])
      expect([...part(loops, PLANES + 64, 5)]).toEqual([0, 0, 0, 600 >> 8, 255])
      loops.memory.set(shorts, BASE)
      loops.memory.set(new Uint8Array(Int16Array.of(-3, 0, 2, 300, 32_767).buffer), PIECE)
      loops.split(PIECE, 5, 1, TRANSFORMS.indexOf('difference'), BASE, PLANES, 64)
      // −2, 0, 1, 0, and 65,535 that wraps to −1.
      expect([...part(loops, PLANES, 5)]).toEqual([3, 0, 2, 0, 1])
      expect([...part(loops, PLANES + 64, 5)]).toEqual([0, 0, 0, 0, 0])
    }
  })

  test('count', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), seed, (count, start) => {
        const bytes = bytesOf(count, start)
        put(PIECE, bytes)
        const counted = new Uint32Array(256)
        for (const byte of bytes) counted[byte]!++
        for (const loops of both) {
          for (const pairs of [0, BASE]) {
            loops.count(PIECE, count, COUNTS, pairs)
            expect(words(loops, COUNTS, 256)).toEqual(counted)
          }
        }
      }),
    )
  })

  test('pack and unpack', () => {
    fc.assert(
      fc.property(fc.nat({ max: 700 }), fc.constantFrom(1, 2, 4), seed, (count, bits, start) => {
        const symbols = bytesOf(2 ** bits, start).map((byte, i) => (byte & 0xf0) | i)
        const map = new Uint8Array(256)
        symbols.forEach((symbol, code) => {
          map[symbol] = code
        })
        const bytes = bytesOf(count, start + 1).map(byte => symbols[byte >> (8 - bits)]!)
        const packed = Math.ceil((count * bits) / 8)
        put(PIECE, bytes)
        for (const loops of both) {
          loops.memory.set(map, MAP)
          loops.pack(PIECE, count, bits, MAP, BODY)
          loops.memory.set(symbols, MAP)
          loops.memory.fill(0xaa, PLANES, PLANES + count + 64)
          loops.unpack(BODY, count, bits, MAP, PLANES)
          expect(part(loops, PLANES, count)).toEqual(bytes)
          expect(part(loops, PLANES + count, 64).every(byte => byte === 0xaa)).toBe(true)
        }
        expect(part(wasm, BODY, packed)).toEqual(part(plain, BODY, packed))
      }),
    )
  })

  test('encode alike with any codes, and decode what was encoded', () => {
    const sizes = fc.oneof(fc.nat({ max: 80 }), fc.nat({ max: 3000 }))
    fc.assert(
      fc.property(sizes, fc.integer({ min: 2, max: 256 }), seed, (count, used, start) => {
        const next = random(start)
        const symbols = Array.from({ length: 256 }, (_, symbol) => symbol)
          .sort(() => next() - 0.5)
          .slice(0, used)
        const codes = randomCodes(symbols, start)
        // By the codes' own odds, or all alike: rare symbols one behind the other.
        const short = symbols.toSorted((a, b) => codes[2 * a]! - codes[2 * b]!)
        const power = start % 2 === 0 ? 1 : 4
        const text = Uint8Array.from({ length: count }, () => short[Math.floor(next() ** power * used)]!)
        put(PIECE, text)
        put(CODES, new Uint8Array(codes.buffer))
        const [end, same] = [encodeAll(plain, count), encodeAll(wasm, count)]
        expect(same).toBe(end)
        expect(part(wasm, BODY, end - BODY)).toEqual(part(plain, BODY, end - BODY))
        // Left from an earlier one: of symbols that have no codes now.
        wasm.memory.fill(0xaa, BASE, BASE + 2 ** 19)
        wasm.pairs(CODES, Math.min(...symbols), Math.max(...symbols), BASE)
        expect(encodeAll(wasm, count, BASE)).toBe(end)
        expect(part(wasm, BODY, end - BODY)).toEqual(part(plain, BODY, end - BODY))
        for (let bits = longest(codes); bits <= MAX_CODE_BITS; bits++) {
          for (const loops of both) {
            loops.tables(CODES, bits, SINGLE, TABLE)
            loops.memory.fill(0xaa, PLANES, PLANES + count + 64)
            expect(loops.decode(STREAMS, count, bits, SINGLE, TABLE, PLANES)).toBe(true)
            expect(part(loops, PLANES, count)).toEqual(text)
            expect(part(loops, PLANES + count, 64).every(byte => byte === 0xaa)).toBe(true)
          }
          expect(part(wasm, TABLE, 4 << bits)).toEqual(part(plain, TABLE, 4 << bits))
        }
      }),
    )
  })

  test('decode any bits alike, and write nothing beyond the end', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2000 }), fc.nat({ max: 3000 }), seed, (count, length, start) => {
        const codes = randomCodes(
          Array.from({ length: 40 }, (_, i) => i * 6),
          start,
        )
        const next = random(start)
        const ends = Array.from({ length: 3 }, () => Math.floor(next() * length)).sort((a, b) => a - b)
        // What lies behind a stream is read when it is damaged: the same for both.
        put(BODY, bytesOf(length + 8000, start))
        put(CODES, new Uint8Array(codes.buffer))
        const verdicts = both.map(loops => {
          words(loops, STREAMS, 5).set([0, ...ends, length].map(end => BODY + end))
          loops.tables(CODES, MAX_CODE_BITS, SINGLE, TABLE)
          loops.memory.fill(0xaa, PLANES - 64, PLANES + count + 64)
          return loops.decode(STREAMS, count, MAX_CODE_BITS, SINGLE, TABLE, PLANES)
        })
        expect(verdicts[1]).toBe(verdicts[0])
        for (const loops of both) {
          expect(part(loops, PLANES - 64, 64).every(byte => byte === 0xaa)).toBe(true)
          expect(part(loops, PLANES + count, 64).every(byte => byte === 0xaa)).toBe(true)
        }
      }),
    )
  })

  test('see the same repetition: none in random bytes, all of it in rows', () => {
    for (const [length, mask] of [
      [4096, 0],
      [2 ** 20, 7],
    ] as const) {
      const rows = bytesOf(length / 16, 7)
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; at += rows.length) bytes.set(rows, at)
      put(PIECE, bytes)
      const seen = both.map(loops => loops.repeats(PIECE, length, mask, SEEN))
      expect(seen[0]).toBeGreaterThan(256 * 0.8)
      expect(seen[1]).toBe(seen[0])
      put(PIECE, bytesOf(length, 7))
      expect(both.map(loops => loops.repeats(PIECE, length, mask, SEEN))).toEqual([0, 0])
    }
    expect(both.map(loops => loops.repeats(PIECE, 7, 0, SEEN))).toEqual([0, 0])
  })
})
