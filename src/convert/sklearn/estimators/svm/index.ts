import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { KERNEL_NAMES, KERNELS } from '../../arithmetic/kernels.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import type { EstimatorCall, EstimatorResult, EstimatorTable } from '../../estimator.ts'
import { classifier } from './classifiers.ts'
import { machineOf, single } from './machine.ts'

async function regressor(call: EstimatorCall): Promise<EstimatorResult> {
  const machine = await machineOf(call)
  return { kind: 'regressor', value: machine.m.unsqueeze(single(machine), 1) }
}

/** 1 for inliers, whose decision is above 0, else −1. */
async function oneClass(call: EstimatorCall): Promise<EstimatorResult> {
  const machine = await machineOf(call)
  const { m } = machine
  const scores = single(machine)
  const label = m.cast(m.where(m.greater(scores, 0), 1, -1), 'int64')
  return { kind: 'cluster', label, scores }
}

async function kernelRidge({ estimator, emitter, input }: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(emitter)
  const name = estimator.choice('kernel', KERNEL_NAMES, 'linear')
  const rows = await matrixOf(estimator, 'X_fit_', [null, input.width])
  const dual = estimator.array('dual_coef_')
  const targets = dual.shape[1] ?? 1
  if (dual.size !== rows.rows * targets)
    throw estimator.invalid('dual_coef_', `has ${dual.size} elements for ${rows.rows} rows`)
  const kernel = await KERNELS[name](m, input.matrix(emitter, 'float64'), rows.weight(emitter), {
    gamma: estimator.isNone('gamma') ? 1 / input.width : estimator.number('gamma'),
    degree: estimator.number('degree', 3),
    coef0: estimator.number('coef0', 1),
  })
  const weight = emitter.weight({
    dtype: 'float64',
    shape: [rows.rows, targets],
    data: dual.stream('float64'),
  })
  return { kind: 'regressor', value: m.matmul(kernel, weight) }
}

const limits = 'kernels of your own'

export const svm: EstimatorTable = {
  SVC: { convert: classifier, limits },
  NuSVC: { convert: classifier, limits },
  SVR: { convert: regressor, limits },
  NuSVR: { convert: regressor, limits },
  OneClassSVM: { convert: oneClass, limits },
  KernelRidge: { convert: kernelRidge, limits },
}
