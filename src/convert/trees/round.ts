/** The greatest float32 that is not greater than x: y ≤ x and y ≤ below(x) are the same for every float32 y. */
export function float32Below(x: number): number {
  const near = Math.fround(x)
  return near <= x || Number.isNaN(near) ? near : nextBelow32(near)
}

/** The least float32 that is not less than x: y < x and y < above(x) are the same for every float32 y. */
export function float32Above(x: number): number {
  return -float32Below(-x)
}

const float = new Float32Array(1)
const floatBits = new Int32Array(float.buffer)
const double = new Float64Array(1)
const doubleBits = new BigInt64Array(double.buffer)

/** The next float32 below one; −∞ stays. */
export function nextBelow32(x: number): number {
  if (x === Number.NEGATIVE_INFINITY || Number.isNaN(x)) return x
  if (x === 0) return -(2 ** -149)
  float[0] = x
  floatBits[0] = floatBits[0]! + (x > 0 ? -1 : 1)
  return float[0]!
}

/** The next float64 below one; −∞ stays. Then y < x and y ≤ below(x) are the same for every float64 y. */
export function nextBelow(x: number): number {
  if (x === Number.NEGATIVE_INFINITY || Number.isNaN(x)) return x
  if (x === 0) return -Number.MIN_VALUE
  double[0] = x
  doubleBits[0] = doubleBits[0]! + (x > 0 ? -1n : 1n)
  return double[0]!
}
