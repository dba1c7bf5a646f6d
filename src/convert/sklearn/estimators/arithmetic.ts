import type { Emitter, Value } from '../../graph/types.ts'

/** Arithmetic in float64 that ONNX has no operators for. */

export function add(emitter: Emitter, x: Value, number: number): Value {
  return emitter.op('Add', [x, emitter.scalar('float64', number)])
}

export function times(emitter: Emitter, x: Value, number: number): Value {
  return emitter.op('Mul', [x, emitter.scalar('float64', number)])
}

/**
 * ln(1 + x), also where x is small: ln(u)·x/(u − 1) with u = 1 + x as it is rounded, and x where that is 1 (Kahan).
 */
export function log1p(emitter: Emitter, x: Value): Value {
  const u = add(emitter, x, 1)
  const logged = emitter.op('Log', [u])
  const whole = emitter.op('Div', [emitter.op('Mul', [logged, x]), add(emitter, u, -1)])
  const one = emitter.op('Equal', [u, emitter.scalar('float64', 1)])
  // Infinity over infinity.
  const large = emitter.op('Greater', [u, emitter.scalar('float64', 1e300)])
  return emitter.op('Where', [one, x, emitter.op('Where', [large, logged, whole])])
}

/** e^x − 1, also where x is small: (u − 1)·x/ln(u) with u = e^x as it is rounded (Kahan). */
export function expm1(emitter: Emitter, x: Value): Value {
  const u = emitter.op('Exp', [x])
  const less = add(emitter, u, -1)
  const whole = emitter.op('Div', [emitter.op('Mul', [less, x]), emitter.op('Log', [u])])
  const one = emitter.op('Equal', [u, emitter.scalar('float64', 1)])
  // Where x is large, u − 1 is exact enough, and u may be 0 or infinite.
  const far = emitter.op('Greater', [emitter.op('Abs', [x]), emitter.scalar('float64', 1)])
  return emitter.op('Where', [far, less, emitter.op('Where', [one, x, whole])])
}

/** Coefficients from the highest power down. */
export function polynomial(emitter: Emitter, x: Value, coefficients: readonly number[]): Value {
  const [first = 0, ...rest] = coefficients
  let sum = times(emitter, x, first)
  for (const [i, coefficient] of rest.entries()) {
    sum = add(emitter, sum, coefficient)
    if (i < rest.length - 1) sum = emitter.op('Mul', [sum, x])
  }
  return sum
}
