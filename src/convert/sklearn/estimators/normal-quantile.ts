import type { Emitter, Value } from '../../graph/types.ts'
import { add, polynomial } from './arithmetic.ts'

/**
 * The quantile of the normal distribution (scipy's norm.ppf) for 0 < p < 1, to about 16 digits: rational functions in
 * the middle and in the tails. M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), PPND16.
 */
export function normalQuantile(emitter: Emitter, p: Value): Value {
  const q = add(emitter, p, -0.5)
  const middle = emitter.op('Mul', [q, quotient(emitter, fromMiddle(emitter, q), MIDDLE)])
  const upper = add(emitter, emitter.op('Neg', [p]), 1)
  const tail = emitter.op('Min', [p, upper], { types: [p] })
  const r = emitter.op('Sqrt', [emitter.op('Neg', [emitter.op('Log', [tail])])])
  const near = quotient(emitter, add(emitter, r, -1.6), NEAR)
  const far = quotient(emitter, add(emitter, r, -5), FAR)
  const isNear = emitter.op('LessOrEqual', [r, emitter.scalar('float64', 5)])
  const size = emitter.op('Where', [isNear, near, far])
  const signed = emitter.op('Mul', [size, emitter.op('Sign', [q])])
  const isMiddle = emitter.op('LessOrEqual', [emitter.op('Abs', [q]), emitter.scalar('float64', 0.425)])
  return emitter.op('Where', [isMiddle, middle, signed])
}

/** 0.425² − q². */
function fromMiddle(emitter: Emitter, q: Value): Value {
  return add(emitter, emitter.op('Neg', [emitter.op('Mul', [q, q])]), 0.180625)
}

interface Rational {
  readonly over: readonly number[]
  readonly under: readonly number[]
}

function quotient(emitter: Emitter, x: Value, { over, under }: Rational): Value {
  return emitter.op('Div', [polynomial(emitter, x, over), polynomial(emitter, x, under)])
}

const MIDDLE: Rational = {
  over: [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
    1971.5909503065513, 133.14166789178438, 3.3871328727963665,
  ],
  under: [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
    687.1870074920579, 42.31333070160091, 1,
  ],
}

const NEAR: Rational = {
  over: [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  under: [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
}

const FAR: Rational = {
  over: [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124,
    0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  under: [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
    0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
  ],
}
