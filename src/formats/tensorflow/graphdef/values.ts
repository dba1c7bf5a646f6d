import type { Place } from '../../errors.ts'
import { PIECE_BYTES } from '../../ports.ts'
import type { Range, Wire } from '../../protobuf/wire.ts'
import type { TensorflowFailures } from '../failures.ts'
import { piecesOf } from '../pieces.ts'

/** Which field of TensorProto holds a type's elements, and how. */
export interface ValueField {
  readonly number: number
  readonly kind: 'varint' | 'fixed' | 'raw'
}

/** By DataType; integers below 32 bits and quantized ones stand in int_val. */
const FIELDS: ReadonlyMap<number, ValueField> = new Map([
  [1, { number: 5, kind: 'fixed' }],
  [2, { number: 6, kind: 'fixed' }],
  [8, { number: 9, kind: 'fixed' }],
  [9, { number: 10, kind: 'varint' }],
  [10, { number: 11, kind: 'varint' }],
  [14, { number: 13, kind: 'varint' }],
  [18, { number: 12, kind: 'fixed' }],
  [19, { number: 13, kind: 'varint' }],
  [22, { number: 16, kind: 'varint' }],
  [23, { number: 17, kind: 'varint' }],
  [24, { number: 18, kind: 'raw' }],
  [25, { number: 18, kind: 'raw' }],
  [26, { number: 18, kind: 'raw' }],
  [27, { number: 18, kind: 'raw' }],
  [28, { number: 18, kind: 'raw' }],
] as const)

export function valueField(dtype: number): ValueField {
  return FIELDS.get(dtype) ?? { number: 7, kind: 'varint' }
}

export interface TypedValues {
  readonly wire: Wire
  /** Of the whole TensorProto. */
  readonly range: Range
  readonly field: ValueField
  readonly itemBytes: number
  readonly elements: number
  readonly place: Place
  readonly fail: TensorflowFailures
}

/** Elements from a typed field: where there are fewer than the shape has, the last one repeats (none: zeros). */
export async function* typedValues(values: TypedValues): AsyncGenerator<Uint8Array, void> {
  const { itemBytes, elements, place, fail } = values
  const total = itemBytes * elements
  let last: Uint8Array = new Uint8Array(itemBytes)
  let given = 0
  for await (const piece of wholeItems(storedValues(values), itemBytes, place, fail)) {
    given += piece.length
    if (given > total) throw fail.malformed(place, `it has more values than the ${elements} of its shape`)
    last = piece.slice(-itemBytes)
    yield piece
  }
  const step = Math.floor(PIECE_BYTES / itemBytes)
  for (let left = elements - given / itemBytes; left > 0; left -= step)
    yield repeated(last, Math.min(step, left))
}

/** Where all elements stand as they are in memory: of fixed width, packed in one run, none left out. */
export async function packedValues(values: TypedValues): Promise<Range | undefined> {
  const { wire, range, field, itemBytes, elements } = values
  if (field.kind === 'varint') return undefined
  let found: Range | undefined
  let more = false
  await wire.walk(range, part => {
    if (part.number !== field.number) return
    if (found || part.kind !== 'bytes') more = true
    else found = part.range
  })
  return found && !more && found.end - found.start === itemBytes * elements ? found : undefined
}

function repeated(item: Uint8Array, times: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(times * item.length, item))
}

/** Joins pieces of any size to pieces of whole elements, PIECE_BYTES at most. */
async function* wholeItems(
  parts: AsyncIterable<Uint8Array>,
  itemBytes: number,
  place: Place,
  fail: TensorflowFailures,
): AsyncGenerator<Uint8Array, void> {
  const capacity = Math.floor(PIECE_BYTES / itemBytes) * itemBytes
  let out = new Uint8Array(Math.min(capacity, 64 * itemBytes))
  let filled = 0
  for await (const part of parts)
    for (let at = 0; at < part.length; ) {
      if (filled === out.length && filled < capacity) {
        const larger = new Uint8Array(Math.min(capacity, filled * 4))
        larger.set(out)
        out = larger
      }
      const taken = part.subarray(at, at + out.length - filled)
      out.set(taken, filled)
      filled += taken.length
      at += taken.length
      if (filled < capacity) continue
      yield out
      ;[out, filled] = [new Uint8Array(capacity), 0]
    }
  if (filled % itemBytes !== 0) throw fail.malformed(place, 'its last value is not whole')
  if (filled > 0) yield out.subarray(0, filled)
}

async function* storedValues({
  wire,
  range,
  field,
  itemBytes,
  place,
  fail,
}: TypedValues): AsyncGenerator<Uint8Array, void> {
  for await (const found of wire.fields(range)) {
    if (found.number !== field.number) continue
    if (found.kind === 'varint') {
      const one = new Uint8Array(8)
      new DataView(one.buffer).setBigUint64(0, found.value, true)
      yield one.subarray(0, itemBytes)
    } else if (found.kind === 'fixed' || field.kind !== 'varint') yield* piecesOf(wire.source, found.range, 8)
    else yield* packedVarints(piecesOf(wire.source, found.range, 1), itemBytes, place, fail)
  }
}

/** Varints one behind the other, as integers of `itemBytes`. */
async function* packedVarints(
  pieces: AsyncIterable<Uint8Array>,
  itemBytes: number,
  place: Place,
  fail: TensorflowFailures,
): AsyncGenerator<Uint8Array, void> {
  let [low, high, shift] = [0, 0, 0]
  for await (const piece of pieces) {
    const out = new Uint8Array((piece.length + 1) * itemBytes)
    let filled = 0
    for (const byte of piece) {
      const bits = byte & 0x7f
      // The fifth group lies across the middle; what goes beyond 64 bits is cut, as in protobuf.
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high |= bits >>> 4
      } else high |= bits << (shift - 32)
      shift += 7
      if (byte >= 0x80) {
        if (shift >= 70) throw fail.malformed(place, 'a value goes beyond 64 bits')
        continue
      }
      for (let i = 0; i < itemBytes; i++)
        out[filled++] = i < 4 ? (low >>> (8 * i)) & 255 : (high >>> (8 * (i - 4))) & 255
      ;[low, high, shift] = [0, 0, 0]
    }
    if (filled > 0) yield out.subarray(0, filled)
  }
  if (shift > 0) throw fail.malformed(place, 'its last value is cut off')
}
