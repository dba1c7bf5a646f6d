/** How a float of at most eight bits is laid out: sign, exponent, mantissa, from the top. */
interface Minifloat {
  readonly exponentBits: number
  readonly mantissaBits: number
  readonly bias: number
  /**
   * What the top codes mean. `ieee`: infinities and NaNs as in IEEE 754. `nan`: only all ones is NaN. `negative-zero`:
   * the code of minus zero is NaN, all others are numbers. `none`: every code is a number.
   */
  readonly special: 'ieee' | 'nan' | 'negative-zero' | 'none'
}

/**
 * float8: Micikevicius et al. 2022, "FP8 formats for deep learning", and for fnuz Noune et al. 2022. The smaller ones
 * and e8m0: OCP Microscaling Formats (MX) 1.0.
 */
const MINIFLOATS = {
  float8e4m3fn: { exponentBits: 4, mantissaBits: 3, bias: 7, special: 'nan' },
  float8e4m3fnuz: { exponentBits: 4, mantissaBits: 3, bias: 8, special: 'negative-zero' },
  float8e5m2: { exponentBits: 5, mantissaBits: 2, bias: 15, special: 'ieee' },
  float8e5m2fnuz: { exponentBits: 5, mantissaBits: 2, bias: 16, special: 'negative-zero' },
  float4e2m1: { exponentBits: 2, mantissaBits: 1, bias: 1, special: 'none' },
  float6e2m3: { exponentBits: 2, mantissaBits: 3, bias: 1, special: 'none' },
  float6e3m2: { exponentBits: 3, mantissaBits: 2, bias: 3, special: 'none' },
} as const satisfies Record<string, Minifloat>

export type MinifloatDtype = keyof typeof MINIFLOATS | 'float8e8m0'

const tables = new Map<MinifloatDtype, Float32Array>()

/** The number of each code: 16, 64 or 256 of them. */
export function minifloatTable(dtype: MinifloatDtype): Float32Array {
  let table = tables.get(dtype)
  if (!table) {
    table = dtype === 'float8e8m0' ? powersOfTwo() : tableOf(MINIFLOATS[dtype])
    tables.set(dtype, table)
  }
  return table
}

function tableOf(format: Minifloat): Float32Array {
  const codes = 2 ** (1 + format.exponentBits + format.mantissaBits)
  return Float32Array.from({ length: codes }, (_, code) => {
    const magnitude = code % (codes / 2)
    const negative = code >= codes / 2
    if (format.special === 'negative-zero' && negative && magnitude === 0) return Number.NaN
    return negative ? -magnitudeOf(magnitude, format) : magnitudeOf(magnitude, format)
  })
}

function magnitudeOf(code: number, { exponentBits, mantissaBits, bias, special }: Minifloat): number {
  const steps = 2 ** mantissaBits
  const exponent = Math.floor(code / steps)
  const mantissa = code % steps
  const top = exponent === 2 ** exponentBits - 1
  if (special === 'ieee' && top) return mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN
  if (special === 'nan' && top && mantissa === steps - 1) return Number.NaN
  if (exponent === 0) return (mantissa / steps) * 2 ** (1 - bias)
  return (1 + mantissa / steps) * 2 ** (exponent - bias)
}

/** e8m0 is an exponent alone; all ones is NaN. */
function powersOfTwo(): Float32Array {
  return Float32Array.from({ length: 256 }, (_, code) => (code === 255 ? Number.NaN : 2 ** (code - 127)))
}
