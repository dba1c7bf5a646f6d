/** From here on the asymptotic series is exact to 1e-16. */
const LARGE = 10
/** B₂ₖ / 2k, the series' coefficients (Abramowitz and Stegun, 6.3.18). */
const SERIES = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12]

/** ψ(x), the logarithmic derivative of Γ, for x > 0; elsewhere NaN. */
export function digamma(x: number): number {
  if (!(x > 0)) return Number.NaN
  let [at, below] = [x, 0]
  // ψ(x) = ψ(x + 1) − 1/x.
  for (; at < LARGE; at++) below += 1 / at
  const square = 1 / (at * at)
  const tail = SERIES.reduceRight((sum, coefficient) => (sum + coefficient) * square, 0)
  return Math.log(at) - 0.5 / at - tail - below
}
