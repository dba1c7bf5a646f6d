/**
 * The few special functions that the tests here stand on. Sources: Abramowitz & Stegun 6.1 (gamma), 26.5
 * (incomplete beta), and the continued fraction of DLMF 8.17.22 evaluated by Lentz's method. Checked against
 * SciPy in special.test.ts.
 */

const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156] as const
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI)
/** From here on Stirling's series is exact to the last digit. */
const STIRLING_FROM = 10

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN
  let product = 1
  let z = x
  while (z < STIRLING_FROM) product *= z++
  const inverse = 1 / z
  const square = inverse * inverse
  let series = 0
  for (let i = STIRLING.length - 1; i >= 0; i--) series = series * square + STIRLING[i]!
  return (z - 0.5) * Math.log(z) - z + HALF_LOG_TWO_PI + series * inverse - Math.log(product)
}

/** ln B(a, b) for a, b > 0. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b)
}

/** ln(e^x + e^y) without overflow; either may be −∞. */
export function logAddExp(x: number, y: number): number {
  const high = Math.max(x, y)
  return high === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(Math.min(x, y) - high))
}

/** x · ln y, with 0 · ln 0 = 0. */
export function xLogY(x: number, y: number): number {
  return x === 0 ? 0 : x * Math.log(y)
}

/** I_x(a, b): the regularised incomplete beta function, P(Beta(a, b) ≤ x). */
export function incompleteBeta(x: number, a: number, b: number): number {
  return Math.exp(logIncompleteBeta(x, a, b))
}

/** ln I_x(a, b), meaningful far into the tail where I itself is 0 in floating point. */
export function logIncompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return Number.NEGATIVE_INFINITY
  if (x >= 1) return 0
  const front = a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)
  if (x < (a + 1) / (a + b + 2)) return front - Math.log(a) + Math.log(betaFraction(x, a, b))
  const complement = Math.exp(front - Math.log(b)) * betaFraction(1 - x, b, a)
  return complement >= 1 ? Number.NEGATIVE_INFINITY : Math.log1p(-complement)
}

const TINY = 1e-300
/** The fraction takes about √max(a, b) terms on this side of the mean; 10⁵ is enough for 10⁹ examples. */
const MAX_TERMS = 100_000

function betaFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m <= MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    value *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return value
}

function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}

/** The x with I_x(a, b) = p. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0
  if (p >= 1) return 1
  return bisect(x => incompleteBeta(x, a, b) < p, 0, 1)
}

/** Φ(z), by the incomplete beta's sibling: the continued fraction of the complementary error function. */
export function normalCdf(z: number): number {
  const tail = upperTail(Math.abs(z))
  return z > 0 ? 1 - tail : tail
}

/** P(Z > z) for z ≥ 0: a series near 0, Laplace's continued fraction beyond. */
function upperTail(z: number): number {
  const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)
  if (z < 3) {
    let term = z
    let sum = z
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (z * z) / (2 * n + 1)
      sum += term
    }
    return 0.5 - density * sum
  }
  let fraction = z
  for (let n = 80; n >= 1; n--) fraction = z + n / fraction
  return density / fraction
}

/** Φ⁻¹(p): 0.975 -> 1.959964. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1))
    return p === 0 ? Number.NEGATIVE_INFINITY : p === 1 ? Number.POSITIVE_INFINITY : Number.NaN
  if (p > 0.5) return -normalQuantile(1 - p)
  return bisect(z => normalCdf(z) < p, -40, 0)
}

/** Where `isBelow` turns from true to false between `low` and `high`, to the last bit unless told otherwise. */
export function bisect(
  isBelow: (x: number) => boolean,
  low: number,
  high: number,
  halvings: number = 200,
): number {
  let [from, to] = [low, high]
  for (let i = 0; i < halvings; i++) {
    const middle = 0.5 * (from + to)
    if (middle <= from || middle >= to) break
    if (isBelow(middle)) from = middle
    else to = middle
  }
  return 0.5 * (from + to)
}
