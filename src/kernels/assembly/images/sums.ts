/** Bits of the fraction in a weight. */
export const FRACTION_BITS: i32 = 22
/** Bits of a weight's lower part: both parts fit 16 bits, for products of pairs. */
export const LOW_BITS: i32 = 11

/** Sums of upper and lower parts, rounded to whole numbers. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function rounded(upper: v128, lower: v128): v128 {
  const half = i32x4.splat(1 << (FRACTION_BITS - 1))
  return i32x4.shr_s(i32x4.add(i32x4.add(i32x4.shl(upper, LOW_BITS), lower), half), FRACTION_BITS)
}
