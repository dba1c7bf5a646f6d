import { bisect, normalCdf, normalQuantile } from '../special.ts'

/**
 * How much of a one-sided α may be spent up to a part t of the largest sample (Lan & DeMets 1983, "Discrete
 * sequential boundaries for clinical trials", Biometrika 70:659). `obrien-fleming` keeps nearly all for the end,
 * `pocock` spends evenly.
 */
export type Spending = 'obrien-fleming' | 'pocock'

export function spentAt(spending: Spending, part: number, alpha: number): number {
  const t = Math.min(1, Math.max(0, part))
  if (t === 0) return 0
  if (spending === 'pocock') return alpha * Math.log(1 + (Math.E - 1) * t)
  return 2 * (1 - normalCdf(normalQuantile(1 - alpha / 2) / Math.sqrt(t)))
}

/** Points of the density between two looks: bounds are right to about four digits. */
const POINTS = 400
/** The density below this many standard deviations is nothing. */
const LOWEST = -8
/** A first look so early that it may spend nothing measurable can't decide. */
const NOTHING = 1e-12

/**
 * Bounds for a standard normal statistic z looked at when parts `looks` (rising, up to 1) of the largest sample are
 * there: crossed by chance with probability at most `alpha` over all looks. Found look by look from the density of
 * what has not crossed (recursive integration: Armitage, McPherson & Rowe 1969).
 *
 *   five even looks, α = 0.025, O'Brien-Fleming:   4.877 3.357 2.680 2.290 2.031
 */
export function groupSequentialBounds(
  looks: readonly number[],
  alpha: number,
  spending: Spending = 'obrien-fleming',
): readonly number[] {
  const bounds: number[] = []
  let density: Density | undefined
  let [before, spent] = [0, 0]
  for (const part of looks) {
    const allowed = spentAt(spending, part, alpha) - spent
    const step = Math.sqrt(part - before)
    const crossing = (bound: number): number => crossingOf(density, bound * Math.sqrt(part), step)
    const bound =
      allowed > NOTHING ? bisect(z => crossing(z) > allowed, LOWEST, -LOWEST, 50) : Number.POSITIVE_INFINITY
    bounds.push(bound)
    if (allowed > NOTHING) spent += allowed
    density = nextDensity(density, Math.min(bound, -LOWEST) * Math.sqrt(part), part, step)
    before = part
  }
  return bounds
}

/** Of the sum z√t among runs that have not crossed, on even points; integrated by Simpson's rule. */
interface Density {
  readonly points: Float64Array
  readonly weights: Float64Array
}

function crossingOf(density: Density | undefined, bound: number, step: number): number {
  if (density === undefined) return 1 - normalCdf(bound / step)
  let sum = 0
  for (let i = 0; i < density.points.length; i++)
    sum += density.weights[i]! * (1 - normalCdf((bound - density.points[i]!) / step))
  return sum
}

function nextDensity(density: Density | undefined, bound: number, part: number, step: number): Density {
  const low = LOWEST * Math.sqrt(part)
  const width = (bound - low) / POINTS
  const points = new Float64Array(POINTS + 1)
  const weights = new Float64Array(POINTS + 1)
  for (let j = 0; j <= POINTS; j++) {
    const s = low + j * width
    const simpson = j === 0 || j === POINTS ? 1 : j % 2 === 1 ? 4 : 2
    points[j] = s
    weights[j] = (densityAt(density, s, step) * simpson * width) / 3
  }
  return { points, weights }
}

function densityAt(density: Density | undefined, s: number, step: number): number {
  if (density === undefined) return normal(s / step) / step
  let sum = 0
  for (let i = 0; i < density.points.length; i++)
    sum += density.weights[i]! * normal((s - density.points[i]!) / step)
  return sum / step
}

function normal(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)
}
