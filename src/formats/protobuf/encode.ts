import type { ReadOptions } from '../ports.ts'

/** Bytes of a file that is to be written: those at hand, or a stream whose length is known before. */
export type Part = Uint8Array | StreamedPart

export interface StreamedPart {
  readonly byteLength: number
  /** For messages: what it holds. */
  readonly what: string
  /** In pieces, each valid until the next is asked for. */
  stream(options?: ReadOptions): AsyncIterable<Uint8Array>
}

/** Bytes of all parts. */
export function lengthOf(parts: readonly Part[]): number {
  let sum = 0
  for (const { byteLength } of parts) sum += byteLength
  return sum
}

/** Seven bits a byte, least significant first; negative numbers as their 64 bits. */
export function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest > 0n ? low | 0x80 : low)
  } while (rest > 0n)
  return Uint8Array.from(bytes)
}

export function varintField(number: number, value: number | bigint): Part[] {
  return [varint(number * 8), varint(value)]
}

export function floatField(number: number, value: number): Part[] {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return [varint(number * 8 + 5), bytes]
}

/** A string, bytes, packed numbers or a message: its parts behind their length. */
export function bytesField(number: number, content: readonly Part[] | string): Part[] {
  const parts = typeof content === 'string' ? [new TextEncoder().encode(content)] : content
  return [varint(number * 8 + 2), varint(lengthOf(parts)), ...parts]
}

/** As proto3 does: an empty text is not written. */
export function textField(number: number, text: string | undefined): Part[] {
  return text ? bytesField(number, text) : []
}
