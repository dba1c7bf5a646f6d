import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { KERNEL_NAMES, KERNELS, type KernelParameters } from '../../arithmetic/kernels.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import { type EstimatorCall, type FeaturesResult, type Fitted, features } from '../../estimator.ts'

/** Of `pairwise_kernels`, where the estimator leaves a parameter open; Nystroem's may also come in `kernel_params`. */
function parametersOf(estimator: Fitted, width: number): KernelParameters {
  const given = new Map(estimator.isNone('kernel_params') ? [] : estimator.map('kernel_params'))
  const number = (name: string, open: number): number => {
    if (!estimator.isNone(name)) return estimator.number(name)
    const value = given.get(name) ?? open
    if (typeof value === 'number') return value
    throw estimator.invalid('kernel_params', `has a '${name}' that is no number`)
  }
  const gamma = estimator.isNone('gamma_') ? number('gamma', 1 / width) : estimator.number('gamma_')
  return { gamma, degree: number('degree', 3), coef0: number('coef0', 1) }
}

async function kernelOf(
  { estimator, emitter, input }: EstimatorCall,
  m: Arithmetic,
  rows: Value,
  name: (typeof KERNEL_NAMES)[number],
): Promise<Value> {
  return KERNELS[name](m, input.matrix(emitter, 'float64'), rows, parametersOf(estimator, input.width))
}

/** The kernel, centred as that of the fitted rows was, on the eigenvectors scaled by 1/√λ. */
export async function kernelComponents(call: EstimatorCall): Promise<FeaturesResult> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const name = estimator.choice('kernel', [...KERNEL_NAMES, 'precomputed'], 'linear')
  const values = await estimator.floats(['eigenvalues_', 'lambdas_'], [null])
  const vectors = estimator.array(['eigenvectors_', 'alphas_'])
  const [count, rank] = [vectors.shape[0] ?? 0, values.length]
  estimator.checkShape('eigenvectors_', vectors, [count, rank])
  const scaled = (await vectors.floats()).map((element, i) => {
    const value = values[i % rank]!
    return value === 0 ? 0 : element / Math.sqrt(value)
  })
  const kernel =
    name === 'precomputed'
      ? input.matrix(emitter, 'float64')
      : await kernelOf(
          call,
          m,
          (await matrixOf(estimator, 'X_fit_', [count, input.width])).weight(emitter),
          name,
        )
  const centerer = estimator.object('_centerer')
  const rows = m.numbers(await centerer.floats('K_fit_rows_', [count]))
  const own = m.div(m.sum(kernel, 1, 'kept'), count)
  const centred = m.add(m.sub(m.sub(kernel, rows), own), centerer.number('K_fit_all_'))
  return features(m.matmul(centred, m.numbers(scaled, [count, rank])))
}

/** k(x, components) · normalizationᵀ. */
export async function nystroem(call: EstimatorCall): Promise<FeaturesResult> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const name = estimator.choice('kernel', KERNEL_NAMES, 'rbf')
  const components = await matrixOf(estimator, 'components_', [null, input.width])
  const normalization = await matrixOf(estimator, 'normalization_', [null, components.rows])
  const kernel = await kernelOf(call, m, components.weight(emitter), name)
  return features(m.times(kernel, normalization.weight(emitter)))
}

/** RBFSampler: √(2/components) cos(x · weights + offset). */
export async function fourier(call: EstimatorCall): Promise<FeaturesResult> {
  const m = new Arithmetic(call.emitter)
  return cosinesOf(call, m, call.input.matrix(call.emitter, 'float64'))
}

export async function cosinesOf(
  { estimator, emitter, input }: EstimatorCall,
  m: Arithmetic,
  x: Value,
): Promise<FeaturesResult> {
  const weights = await matrixOf(estimator, 'random_weights_', [input.width, null])
  const offset = m.numbers(await estimator.floats('random_offset_', [weights.columns]))
  const angle = m.affine(x, weights.weight(emitter), offset)
  return features(m.mul(m.of('Cos', angle), Math.sqrt(2 / weights.columns)))
}
