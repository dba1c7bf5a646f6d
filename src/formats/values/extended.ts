/**
 * One x87 extended number (80 bits: 64 of mantissa with its leading one, 15 of exponent, sign) to the nearest
 * float64; beyond its range an infinity. Codes that the processor calls invalid (no leading one) are NaNs.
 */
export function extendedAt(view: DataView, at: number): number {
  const mantissa = view.getBigUint64(at, true)
  const head = view.getUint16(at + 8, true)
  const sign = head & 0x8000 ? -1 : 1
  const exponent = head & 0x7fff
  const leading = mantissa >> 63n === 1n
  if (exponent === 0x7fff)
    return leading && mantissa << 1n === 1n << 64n ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent !== 0 && !leading) return Number.NaN
  // The least normal exponent serves subnormals too.
  const power = Math.max(exponent, 1) - 16_383 - 63
  return sign * scaled(mantissa, power)
}

/** mantissa · 2^power, rounded once, to nearest and ties to even. */
function scaled(mantissa: bigint, power: number): number {
  if (power > 960) return mantissa === 0n ? 0 : Number.POSITIVE_INFINITY
  if (power >= 0) return Number(mantissa) * 2 ** power
  // Number() of a BigInt rounds like that. In two steps, since 2^power alone may lie below float64.
  const leads = mantissa.toString(2).length - 1 + power
  if (leads >= -1022) return Number(mantissa) * 2 ** -64 * 2 ** (power + 64)
  return Number(withoutLast(mantissa, -1074 - power)) * Number.MIN_VALUE
}

/** mantissa / 2^bits, to nearest and ties to even. */
function withoutLast(mantissa: bigint, bits: number): bigint {
  // All 64 bits and more go: less than half of the least number.
  if (bits > 65) return 0n
  const unit = 1n << BigInt(bits)
  const whole = mantissa / unit
  const twice = 2n * (mantissa % unit)
  const up = twice > unit || (twice === unit && whole % 2n === 1n)
  return up ? whole + 1n : whole
}
