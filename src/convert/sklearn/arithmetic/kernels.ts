import type { Value } from '../../graph/types.ts'
import type { Arithmetic } from './arithmetic.ts'
import { cosines, squaredDistances, summedDistances } from './distances.ts'

export interface KernelParameters {
  readonly gamma: number
  readonly degree: number
  readonly coef0: number
}

type Kernel = (m: Arithmetic, x: Value, y: Value, parameters: KernelParameters) => Value | Promise<Value>

const scaled = (m: Arithmetic, x: Value, gamma: number, coef0: number): Value => m.add(m.mul(x, gamma), coef0)

const polynomial: Kernel = (m, x, y, { gamma, coef0, degree }) =>
  m.pow(scaled(m, m.times(x, y), gamma, coef0), degree)

export const KERNEL_NAMES = ['linear', 'poly', 'polynomial', 'rbf', 'sigmoid', 'cosine', 'laplacian'] as const

export type KernelName = (typeof KERNEL_NAMES)[number]

/** k(x, y) of rows x [N, F] and y [M, F], float64 [N, M], as `sklearn.metrics.pairwise` and libsvm have them. */
export const KERNELS: Readonly<Record<KernelName, Kernel>> = {
  linear: (m, x, y) => m.times(x, y),
  poly: polynomial,
  polynomial,
  rbf: (m, x, y, { gamma }) => m.of('Exp', m.mul(squaredDistances(m, x, y), -gamma)),
  sigmoid: (m, x, y, { gamma, coef0 }) => m.of('Tanh', scaled(m, m.times(x, y), gamma, coef0)),
  cosine: cosines,
  laplacian: async (m, x, y, { gamma }) =>
    m.of('Exp', m.mul(await summedDistances(m, x, y, 'manhattan'), -gamma)),
}
