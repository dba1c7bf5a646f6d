import { BitReader, putInteger } from './bits.ts'

/** The header: bits per number (4 bytes), size of the minimum (1), the minimum (8), reserved (8). */
const HEADER_BYTES = 21
const FLOAT_D_SCALE = 0
const FLOAT_E_SCALE = 1

/**
 * Undoes scale-offset (libhdf5's H5Zscaleoffset.c): numbers lie as differences to the chunk's minimum in as few bits
 * as possible; all bits set stand for the fill value. Decimal scaling of float32 and float64 too.
 * Gives the reason as text where that cannot be.
 */
export function unscale(bytes: Uint8Array, values: readonly number[], most: number): Uint8Array | string {
  const [scaleType = 0, scaleFactor = 0, count = 0, kind = 0, size = 0] = values
  const bigEndian = values[6] === 1
  const isFloat = kind === 1
  if (scaleType === FLOAT_E_SCALE) return 'variable exponents are in no release of HDF5'
  if (isFloat ? scaleType !== FLOAT_D_SCALE || (size !== 4 && size !== 8) : ![1, 2, 4, 8].includes(size))
    return `numbers of ${size} bytes are not scaled`
  if (bytes.byteLength < HEADER_BYTES || count * size > most) return 'its header does not fit its chunk'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const width = view.getUint32(0, true)
  if (width > size * 8) return `numbers of ${width} bits do not fit ${size} bytes`
  const out = new Uint8Array(count * size)
  if (width === size * 8) {
    if (bytes.byteLength < HEADER_BYTES + out.byteLength) return 'it ends before its numbers do'
    out.set(bytes.subarray(HEADER_BYTES, HEADER_BYTES + out.byteLength))
    return out
  }
  const minimum = view.getBigUint64(5, true)
  const fill = fillOf(values, size)
  const decode = isFloat
    ? floatDecoder(minimum, size, scaleFactor)
    : (value: bigint): bigint => value + minimum
  // In no bits at all every number is the minimum, whatever the fill value.
  if (width === 0) return constant(out, size, decode(0n), bigEndian)
  const bits = new BitReader(bytes, HEADER_BYTES)
  const full = (1n << BigInt(width)) - 1n
  for (let i = 0; i < count; i++) {
    const value = bits.next(width)
    if (value === undefined) return 'it ends before its numbers do'
    const isFill = fill !== undefined && value === full
    putInteger(out, i * size, size, isFill ? fill : decode(value), bigEndian)
  }
  return out
}

function constant(out: Uint8Array, size: number, value: bigint, bigEndian: boolean): Uint8Array {
  if (out.byteLength === 0) return out
  putInteger(out, 0, size, value, bigEndian)
  for (let done = size; done < out.byteLength; done *= 2)
    out.copyWithin(done, 0, Math.min(done, out.byteLength - done))
  return out
}

function fillOf(values: readonly number[], size: number): bigint | undefined {
  if (values[7] !== 1) return undefined
  const low = BigInt(values[8] ?? 0)
  return size === 8 ? low | (BigInt(values[9] ?? 0) << 32n) : low
}

function floatDecoder(minimum: bigint, size: number, decimals: number): (value: bigint) => bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, minimum, true)
  const power = 10 ** (decimals | 0)
  if (size === 8) {
    const least = view.getFloat64(0, true)
    return value => {
      view.setFloat64(0, Number(BigInt.asIntN(64, value)) / power + least, true)
      return view.getBigUint64(0, true)
    }
  }
  const least = view.getFloat32(0, true)
  return value => {
    const scaled = Math.fround(Math.fround(Number(BigInt.asIntN(32, value))) / Math.fround(power))
    view.setFloat32(0, scaled + least, true)
    return BigInt(view.getUint32(0, true))
  }
}
