import type { Value } from '../../../../graph/types.ts'
import type { Arithmetic } from '../../../arithmetic/arithmetic.ts'

/**
 * log(erfc(z) exp(z²) / t) as a polynomial of u = 2t − 1, with t = 2 / (2 + z): interpolated at 17 Chebyshev nodes, so
 * that erfc is right to 1e-11. ONNX Runtime's Erf is one of float32 only.
 */
const COEFFICIENTS = [
  -0.671794084056691, 0.672643223971461, 0.0473433071073763, -0.0468956100295691, -0.00987270215118314,
  0.00882493903579354, 0.00175911387528654, -0.0023458527826266, -0.000147394419557364, 0.000674025316257696,
  -8.98367477037808e-5, -0.000175671839840739, 6.38187328206411e-5, 3.4747899700435e-5, -2.16708234851623e-5,
  -3.73983283086321e-6, 3.38675396975079e-6,
]

/** erf(x) in float64. */
export function erf(m: Arithmetic, x: Value): Value {
  const z = m.of('Abs', x)
  const t = m.div(2, m.add(z, 2))
  const u = m.sub(m.mul(t, 2), 1)
  const [last, ...others] = COEFFICIENTS.toReversed()
  let sum: Value | number = last!
  for (const coefficient of others) sum = m.add(m.mul(u, sum), coefficient)
  const complement = m.mul(t, m.of('Exp', m.sub(sum, m.square(z))))
  return m.mul(m.of('Sign', x), m.sub(1, complement))
}
