import type { BundleSlice } from './entry.ts'

/**
 * The key under which a part of a tensor stands, its bytes as Latin-1: the number 0, the tensor's name, the rank,
 * and of each dimension start and length, in TensorFlow's order-preserving code (core/lib/strings/ordered_code.h).
 */
export function sliceKey(name: string, slice: BundleSlice): string {
  const bytes = [...unsigned(0), ...text(name), ...unsigned(slice.length)]
  for (const { start, length } of slice) bytes.push(...signed(start), ...signed(length))
  return Buffer.from(bytes).toString('latin1')
}

/** How many bytes follow, and those, most significant first. */
function unsigned(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [bytes.length, ...bytes]
}

/** 0 and 255 are escaped, as 0 1 ends the text. */
function text(value: string): number[] {
  const bytes = [...Buffer.from(value)].flatMap(byte =>
    byte === 0 ? [0, 255] : byte === 255 ? [255, 0] : [byte],
  )
  return [...bytes, 0, 1]
}

/** The first bits tell the length, as UTF-8's do; negative numbers have all bits inverted. */
function signed(value: number): number[] {
  const bits = (value < 0 ? -value - 1 : value).toString(2).replace(/^0$/, '').length
  const length = Math.floor(bits / 7) + 1
  let rest = BigInt.asUintN(80, BigInt(value))
  const bytes: number[] = []
  for (let i = 0; i < length; i++, rest >>= 8n) bytes.unshift(Number(rest & 255n))
  const header = 0xffff << (16 - length)
  bytes[0]! ^= (header >> 8) & 255
  if (length > 8) bytes[1]! ^= header & 255
  return bytes
}
