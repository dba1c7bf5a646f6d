import type { Fitted } from '../../estimator.ts'

/** One column's splines as polynomials: piece p is for numbers of at least `ends[p − 1]` and below `ends[p]`. */
export interface Pieces {
  readonly ends: readonly number[]
  /** Of each piece: where its polynomials count from. */
  readonly starts: readonly number[]
  /** [pieces][splines][degree + 1]: coefficients from the lowest power up. */
  readonly polynomials: readonly (readonly (readonly number[])[])[]
  /** The knots between which the splines are defined. */
  readonly low: number
  readonly high: number
}

export type Extrapolation = 'error' | 'constant' | 'linear' | 'continue' | 'periodic'

/** Splines of one column; knots that are not in order, or too few, are CONVERT_INVALID. */
export async function piecesOf(spline: Fitted, extrapolation: Extrapolation): Promise<Pieces> {
  const knots = Array.from(await spline.floats(['t', '_t'], [null]))
  const degree = spline.integer('k')
  const bases = knots.length - degree - 1
  const coefficients = await spline.floats(['c', '_c'], [bases, null])
  const splines = coefficients.length / bases
  if (degree > MAX_DEGREE || bases <= degree || knots.some((knot, i) => i > 0 && !(knot >= knots[i - 1]!)))
    throw spline.invalid(['t', '_t'], `are no knots of splines of the degree ${degree}`)
  if (splines < 1) throw spline.invalid(['c', '_c'], 'has no splines')
  const inner = knots.flatMap((knot, j) => (j >= degree && j < bases && knot < knots[j + 1]! ? [j] : []))
  if (inner.length === 0) throw spline.invalid(['t', '_t'], 'are all one knot')
  const polynomials = inner.map(j => {
    const basis = basisOn(knots, degree, j)
    return Array.from({ length: splines }, (_, s) =>
      Array.from({ length: degree + 1 }, (_, power) =>
        basis.reduce((sum, own, i) => sum + own[power]! * coefficients[(j - degree + i) * splines + s]!, 0),
      ),
    )
  })
  const [low, high] = [knots[degree]!, knots[bases]!]
  const starts = inner.map(j => knots[j]!)
  const pieces = { starts, polynomials, low, high, ends: starts.slice(1) }
  return extrapolation === 'linear' || extrapolation === 'constant' ? withEnds(pieces, extrapolation) : pieces
}

const MAX_DEGREE = 100

/** Cox and de Boor's recursion for the degree + 1 bases that are not 0 on the knots j to j + 1, in x − t[j]. */
function basisOn(knots: readonly number[], degree: number, j: number): readonly (readonly number[])[] {
  const start = knots[j]!
  let bases: number[][] = [[1]]
  for (let p = 1; p <= degree; p++) {
    bases = Array.from({ length: p + 1 }, (_, i) => {
      const first = j - p + i
      const rising = part(bases[i - 1], start - knots[first]!, 1, knots[first + p]! - knots[first]!)
      const falling = part(
        bases[i],
        knots[first + p + 1]! - start,
        -1,
        knots[first + p + 1]! - knots[first + 1]!,
      )
      return Array.from({ length: p + 1 }, (_, power) => (rising[power] ?? 0) + (falling[power] ?? 0))
    })
  }
  return bases
}

/** (a + b·u)/width times a polynomial in u; nothing where knots are equal. */
function part(
  polynomial: readonly number[] | undefined,
  a: number,
  b: number,
  width: number,
): readonly number[] {
  if (!polynomial || !(width > 0)) return []
  return Array.from(
    { length: polynomial.length + 1 },
    (_, power) => ((polynomial[power] ?? 0) * a + (polynomial[power - 1] ?? 0) * b) / width,
  )
}

/** Outside of the knots: the values at the ends, with their slopes where it is linear. */
function withEnds(pieces: Pieces, extrapolation: 'linear' | 'constant'): Pieces {
  const { low, high, starts, ends, polynomials } = pieces
  const at = (piece: readonly (readonly number[])[], u: number) =>
    piece.map(polynomial => {
      const value = polynomial.reduceRight((sum, coefficient) => sum * u + coefficient, 0)
      const slope = polynomial.reduceRight(
        (sum, coefficient, power) => (power > 0 ? sum * u + power * coefficient : sum),
        0,
      )
      const line = extrapolation === 'linear' ? [value, slope] : [value]
      return polynomial.map((_, power) => line[power] ?? 0)
    })
  const [first, last] = [polynomials[0]!, polynomials.at(-1)!]
  return {
    low,
    high,
    starts: [low, ...starts, high],
    ends: [low, ...ends, high],
    polynomials: [at(first, 0), ...polynomials, at(last, high - starts.at(-1)!)],
  }
}
