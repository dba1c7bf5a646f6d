import { incompleteBeta, logBeta } from '../special.ts'
import { studentTail } from './student.ts'

/** Of a rate. */
export interface BetaPosterior {
  readonly a: number
  readonly b: number
}

/** Of a mean whose values' variance is not known: Student's distribution, moved and scaled. */
export interface StudentPosterior {
  readonly centre: number
  readonly scale: number
  readonly freedom: number
}

/** The trapezoid rule converges exponentially here: the functions are smooth and vanish at both ends (Trefethen & Weideman 2014). */
const INTERVALS = 300
/** e to minus this is less than the last digit. */
const NOTHING = 36
/** sinh of it is past every tail that counts, for two degrees of freedom too. */
const FURTHEST = 22

/**
 * P(candidate's rate > reference's) = ∫ f(x) F(x) dx over the candidate's density and the reference's distribution, on
 * the scale of log odds. Parameters may be fractional.
 *
 *   31 of 100 against 20 of 100, from an even prior:  0.9617
 */
export function rateIsGreater(candidate: BetaPosterior, reference: BetaPosterior): number {
  // Over the narrower density the wider distribution is smooth.
  return breadthOf(candidate) <= breadthOf(reference)
    ? isHigher(candidate, reference)
    : 1 - isHigher(reference, candidate)
}

function breadthOf({ a, b }: BetaPosterior): number {
  return 1 / a + 1 / b
}

function isHigher({ a, b }: BetaPosterior, other: BetaPosterior): number {
  const centre = Math.log(a / b)
  const spread = 10 * Math.sqrt(1 / a + 1 / b)
  const constant = logBeta(a, b)
  return integral(centre - Math.max(spread, NOTHING / a), centre + Math.max(spread, NOTHING / b), odds => {
    const [log, logRest] = [-Math.log1p(Math.exp(-odds)), -Math.log1p(Math.exp(odds))]
    return Math.exp(a * log + b * logRest - constant) * incompleteBeta(Math.exp(log), other.a, other.b)
  })
}

/** P(candidate's mean > reference's). */
export function meanIsGreater(candidate: StudentPosterior, reference: StudentPosterior): number {
  return candidate.scale <= reference.scale
    ? isAbove(candidate, reference)
    : 1 - isAbove(reference, candidate)
}

function isAbove({ centre, scale, freedom: n }: StudentPosterior, other: StudentPosterior): number {
  const constant = logBeta(n / 2, 0.5) + 0.5 * Math.log(n)
  return integral(-FURTHEST, FURTHEST, y => {
    const t = Math.sinh(y)
    const density = Math.exp(-((n + 1) / 2) * Math.log1p((t * t) / n) - constant) * Math.cosh(y)
    return density * (1 - studentTail((centre + scale * t - other.centre) / other.scale, other.freedom))
  })
}

function integral(from: number, to: number, of: (x: number) => number): number {
  const width = (to - from) / INTERVALS
  let sum = 0.5 * (of(from) + of(to))
  for (let i = 1; i < INTERVALS; i++) sum += of(from + i * width)
  return Math.min(1, Math.max(0, sum * width))
}
