import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { comparedDistances, squaredDistances } from '../../arithmetic/distances.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import { type EstimatorCall, type EstimatorResult, features } from '../../estimator.ts'

interface Compared {
  readonly m: Arithmetic
  /** Place of the nearest centre, of equal ones the first: int64 [N]. */
  readonly nearest: Value
  /** Euclidean distances [N, centres], made when they are asked for: most models only want the nearest. */
  readonly distances: () => Value
}

async function compared({ estimator, emitter, input }: EstimatorCall, name: string): Promise<Compared> {
  const m = new Arithmetic(emitter)
  const centres = await matrixOf(estimator, name, [null, input.width])
  if (centres.rows === 0) throw new Refusal(`it found no cluster: '${name}' is empty`)
  const x = input.matrix(emitter, 'float64')
  const y = centres.weight(emitter)
  return {
    m,
    nearest: m.argmin(comparedDistances(m, x, y)),
    distances: () => m.of('Sqrt', squaredDistances(m, x, y)),
  }
}

export async function kMeans(call: EstimatorCall): Promise<EstimatorResult> {
  const { nearest, distances } = await compared(call, 'cluster_centers_')
  if (call.purpose === 'transform') return features(distances())
  return { kind: 'cluster', label: nearest, scores: distances() }
}

export async function meanShift(call: EstimatorCall): Promise<EstimatorResult> {
  const { nearest } = await compared(call, 'cluster_centers_')
  return { kind: 'cluster', label: nearest }
}

export async function affinityPropagation(call: EstimatorCall): Promise<EstimatorResult> {
  if (!call.estimator.has('cluster_centers_'))
    throw new Refusal("affinity='precomputed' has no predict", 'Fit it to rows, with the Euclidean affinity.')
  return meanShift(call)
}

/** The label of the nearest subcluster. */
export async function birch(call: EstimatorCall): Promise<EstimatorResult> {
  const { m, nearest, distances } = await compared(call, 'subcluster_centers_')
  if (call.purpose === 'transform') return features(distances())
  const labels = await call.estimator.array('subcluster_labels_').integers()
  const table = call.emitter.constant('int64', [labels.length], labels)
  return { kind: 'cluster', label: m.gather(table, nearest, 0), scores: distances() }
}
