import { PIECE_BYTES } from '../../ports.ts'
import { type Part, varint } from '../../protobuf/encode.ts'
import type { LongList, OnnxAttribute } from './types.ts'

type Long = Extract<OnnxAttribute, { readonly long: string }>

/** Field numbers of an AttributeProto. */
const FIELDS = { floats: 7, ints: 8, texts: 9 } as const

/**
 * A long list as a field of an AttributeProto, in pieces. Numbers are packed: onnx.proto declares them unpacked, and
 * parsers take both. Throws RangeError for ints that are no whole numbers from 0 to 2^53.
 */
export function longList(value: Long): Part[] {
  if (value.list.length === 0) return []
  if (value.long === 'texts') return [streamed(lengthOfTexts(value.list), () => textPieces(value.list))]
  const { long, list } = value
  const bytes = long === 'ints' ? lengthOfInts(list) : 4 * list.length
  const pieces = long === 'ints' ? () => intPieces(list) : () => floatPieces(list)
  return [varint(FIELDS[long] * 8 + 2), varint(bytes), streamed(bytes, pieces)]
}

function streamed(byteLength: number, pieces: () => Generator<Uint8Array, void>): Part {
  return {
    byteLength,
    what: 'a list of an attribute',
    async *stream() {
      yield* pieces()
    },
  }
}

function lengthOfInts(list: LongList<number>): number {
  let bytes = 0
  for (let i = 0; i < list.length; i++) bytes += bytesOfInt(list.at(i)!)
  return bytes
}

function bytesOfInt(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no element of a long list`)
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest /= 0x80) bytes++
  return bytes
}

function* intPieces(list: LongList<number>): Generator<Uint8Array, void> {
  const piece = new Uint8Array(PIECE_BYTES)
  let at = 0
  for (let i = 0; i < list.length; i++) {
    // A number takes eight bytes at most.
    if (at > PIECE_BYTES - 8) {
      yield piece.slice(0, at)
      at = 0
    }
    let rest = list.at(i)!
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) piece[at++] = (rest % 0x80) | 0x80
    piece[at++] = rest
  }
  yield piece.subarray(0, at)
}

function* floatPieces(list: LongList<number>): Generator<Uint8Array, void> {
  for (let start = 0; start < list.length; start += PIECE_BYTES / 4) {
    const piece = new DataView(new ArrayBuffer(4 * Math.min(PIECE_BYTES / 4, list.length - start)))
    for (let i = 0; 4 * i < piece.byteLength; i++) piece.setFloat32(4 * i, list.at(start + i)!, true)
    yield new Uint8Array(piece.buffer)
  }
}

const encoder = new TextEncoder()

/** Tag, length and bytes of a text; equal texts are laid out once. */
function encodedTexts(): (text: string) => Uint8Array {
  const known = new Map<string, Uint8Array>()
  return text => {
    const seen = known.get(text)
    if (seen) return seen
    const bytes = encoder.encode(text)
    const laid = Buffer.concat([varint(FIELDS.texts * 8 + 2), varint(bytes.byteLength), bytes])
    // Names of modes come a million times; texts that are all different are not worth keeping.
    if (known.size < 64) known.set(text, laid)
    return laid
  }
}

function lengthOfTexts(list: LongList<string>): number {
  const encoded = encodedTexts()
  let bytes = 0
  for (let i = 0; i < list.length; i++) bytes += encoded(list.at(i)!).byteLength
  return bytes
}

function* textPieces(list: LongList<string>): Generator<Uint8Array, void> {
  const encoded = encodedTexts()
  const piece = new Uint8Array(PIECE_BYTES)
  let at = 0
  for (let i = 0; i < list.length; i++) {
    const bytes = encoded(list.at(i)!)
    if (at + bytes.byteLength > PIECE_BYTES && at > 0) {
      yield piece.slice(0, at)
      at = 0
    }
    if (bytes.byteLength > PIECE_BYTES) yield bytes
    else {
      piece.set(bytes, at)
      at += bytes.byteLength
    }
  }
  yield piece.subarray(0, at)
}
