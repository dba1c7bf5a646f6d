import type { Value } from '../../../../graph/types.ts'
import { Refusal } from '../../../../refusals.ts'
import type { Arithmetic } from '../../../arithmetic/arithmetic.ts'
import { summedDistances } from '../../../arithmetic/distances.ts'
import type { Fitted } from '../../../estimator.ts'

/** A covariance of a Gaussian process, `sklearn.gaussian_process.kernels`. */
export interface Covariance {
  /** k(x, y) of rows x [N, F] and the fitted rows y [M, F], float64 [N, M] or what broadcasts to it. */
  cross(m: Arithmetic, x: Value, y: Value): Promise<Value>
  /** k(x, x) of each row: float64 [N], or a scalar. */
  diagonal(m: Arithmetic, x: Value): Value
}

type Maker = (kernel: Fitted, width: number) => Promise<Covariance>

/** Reads a kernel, and those that it is made of. */
export async function covarianceOf(kernel: Fitted, width: number): Promise<Covariance> {
  const maker = Object.hasOwn(KERNELS, kernel.className) ? KERNELS[kernel.className] : undefined
  if (!maker)
    throw new Refusal(
      `kernel=${kernel.className}`,
      'Export it to ONNX in Python, or fit it with RBF or Matern.',
    )
  return maker(kernel, width)
}

const one = (m: Arithmetic): Value => m.numbers([1], [])

/** Euclidean distances of rows, each feature divided by its scale, squared. */
async function distances(m: Arithmetic, x: Value, y: Value, scale: Value): Promise<Value> {
  return summedDistances(m, m.div(x, scale), m.div(y, scale), 'squared')
}

/** One scale, or one a feature. */
async function scaleOf(kernel: Fitted, width: number): Promise<Float64Array> {
  const scale = await kernel.floats('length_scale')
  if (scale.length !== 1 && scale.length !== width)
    throw kernel.invalid('length_scale', `has ${scale.length} elements for ${width} features`)
  return scale
}

const rbf: Maker = async (kernel, width) => {
  const scale = await scaleOf(kernel, width)
  return {
    cross: async (m, x, y) => m.of('Exp', m.mul(await distances(m, x, y, m.numbers(scale)), -0.5)),
    diagonal: one,
  }
}

/** Matern's closed forms of d = |x − y| / scale, by ν (Rasmussen and Williams, eq. 4.17). */
const MATERN: ReadonlyMap<number, (m: Arithmetic, d: Value) => Value> = new Map([
  [0.5, (m, d) => m.of('Exp', m.of('Neg', d))],
  [
    1.5,
    (m, d) => {
      const k = m.mul(d, Math.sqrt(3))
      return m.mul(m.add(k, 1), m.of('Exp', m.of('Neg', k)))
    },
  ],
  [
    2.5,
    (m, d) => {
      const k = m.mul(d, Math.sqrt(5))
      return m.mul(m.add(m.add(k, 1), m.div(m.square(k), 3)), m.of('Exp', m.of('Neg', k)))
    },
  ],
  [Number.POSITIVE_INFINITY, (m, d) => m.of('Exp', m.div(m.of('Neg', m.square(d)), 2))],
])

const matern: Maker = async (kernel, width) => {
  const scale = await scaleOf(kernel, width)
  const nu = kernel.number('nu')
  const form = MATERN.get(nu)
  if (!form) throw new Refusal(`Matern(nu=${nu})`, 'nu of 0.5, 1.5, 2.5 and inf can be converted.')
  return {
    cross: async (m, x, y) => form(m, m.of('Sqrt', await distances(m, x, y, m.numbers(scale)))),
    diagonal: one,
  }
}

const rationalQuadratic: Maker = async kernel => {
  const [alpha, scale] = [kernel.number('alpha'), kernel.number('length_scale')]
  return {
    cross: async (m, x, y) => {
      const squared = await summedDistances(m, x, y, 'squared')
      return m.pow(m.add(m.div(squared, 2 * alpha * scale ** 2), 1), -alpha)
    },
    diagonal: one,
  }
}

const expSineSquared: Maker = async kernel => {
  const [scale, period] = [kernel.number('length_scale'), kernel.number('periodicity')]
  return {
    cross: async (m, x, y) => {
      const d = m.of('Sqrt', await summedDistances(m, x, y, 'squared'))
      return m.of('Exp', m.mul(m.square(m.div(m.of('Sin', m.mul(d, Math.PI / period)), scale)), -2))
    },
    diagonal: one,
  }
}

const dotProduct: Maker = async kernel => {
  const bias = kernel.number('sigma_0') ** 2
  return {
    cross: async (m, x, y) => m.add(m.times(x, y), bias),
    diagonal: (m, x) => m.add(m.sum(m.square(x), 1), bias),
  }
}

const constant: Maker = async kernel => {
  const value = kernel.number('constant_value')
  return {
    cross: async m => m.numbers([value], []),
    diagonal: m => m.numbers([value], []),
  }
}

/** Noise of each row by itself: none between rows. */
const white: Maker = async kernel => {
  const level = kernel.number('noise_level')
  return { cross: async m => m.numbers([0], []), diagonal: m => m.numbers([level], []) }
}

const both =
  (combine: 'add' | 'mul'): Maker =>
  async (kernel, width) => {
    const [a, b] = [
      await covarianceOf(kernel.object('k1'), width),
      await covarianceOf(kernel.object('k2'), width),
    ]
    return {
      cross: async (m, x, y) => m[combine](await a.cross(m, x, y), await b.cross(m, x, y)),
      diagonal: (m, x) => m[combine](a.diagonal(m, x), b.diagonal(m, x)),
    }
  }

const exponentiation: Maker = async (kernel, width) => {
  const inner = await covarianceOf(kernel.object('kernel'), width)
  const exponent = kernel.number('exponent')
  return {
    cross: async (m, x, y) => m.pow(await inner.cross(m, x, y), exponent),
    diagonal: (m, x) => m.pow(inner.diagonal(m, x), exponent),
  }
}

const KERNELS: Readonly<Record<string, Maker>> = {
  RBF: rbf,
  Matern: matern,
  RationalQuadratic: rationalQuadratic,
  ExpSineSquared: expSineSquared,
  DotProduct: dotProduct,
  ConstantKernel: constant,
  WhiteKernel: white,
  Sum: both('add'),
  Product: both('mul'),
  Exponentiation: exponentiation,
}
