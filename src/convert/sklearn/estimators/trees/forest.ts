import type { Estimator } from '../../../../formats/index.ts'
import { argmax } from '../../../boosting/results.ts'
import { cast } from '../../../graph/cast.ts'
import type { Value } from '../../../graph/types.ts'
import { emitClassifier, emitEnsemble } from '../../../trees/emit.ts'
import { Ensemble } from '../../../trees/ensemble.ts'
import { rowsOf } from '../../columns.ts'
import {
  type Classes,
  type ClassifierResult,
  classesOf,
  type EstimatorCall,
  type EstimatorResult,
  type Fitted,
  type RegressorResult,
  toClasses,
} from '../../estimator.ts'
import { addValues, classCounts, classLeaves, treeOf } from './tree.ts'

/** The features of trees: float64 with the values of float32, which scikit-learn compares with float64 thresholds. */
export function treeFeatures({ input, emitter }: EstimatorCall): Value {
  return cast(emitter, input.matrix(emitter, 'float32'), 'float64')
}

export function anEnsemble({ input, emitter }: EstimatorCall, targets: number): Ensemble {
  return new Ensemble({
    name: emitter.source.name,
    features: input.width,
    targets,
    comparison: 'BRANCH_LEQ',
    dtype: 'float64',
  })
}

/** A tree, or trees whose answers are averaged. */
export function treesOf(call: EstimatorCall): readonly Fitted[] {
  const { estimator } = call
  if (!estimator.has('estimators_')) return [estimator]
  return estimator.estimators('estimators_').map((tree: Estimator, i) => call.look(`estimators_[${i}]`, tree))
}

export async function regressorTrees(call: EstimatorCall): Promise<RegressorResult> {
  const targets = call.estimator.integer('n_outputs_', 1, 1)
  const ensemble = anEnsemble(call, targets)
  for (const tree of treesOf(call)) addValues(ensemble, await treeOf(tree))
  const value = emitEnsemble(call.emitter, treeFeatures(call), ensemble, { aggregate: 'AVERAGE' })
  return { kind: 'regressor', value }
}

/** Probabilities of the trees are averaged; the first of the most probable classes is predicted. */
export async function classifierTrees(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator } = call
  const counts = await classCounts(estimator)
  const ensemble = anEnsemble(
    call,
    counts.reduce((sum, count) => sum + count, 0),
  )
  for (const tree of treesOf(call)) {
    const fitted = await treeOf(tree)
    ensemble.add(fitted.tree, classLeaves(tree, fitted, counts))
  }
  const labels = await classesOfTargets(estimator, counts.length)
  const odd = labels.some((classes, i) => classes.labels.length !== counts[i])
  if (odd) throw estimator.invalid('classes_', `does not have ${counts.join(', ')} classes`)
  if (labels.length > 1) return severalTargets(call, ensemble, labels)
  return { kind: 'classifier', classes: labels[0]!, ...averaged(call, ensemble) }
}

/** The most probable class by the trees' probabilities, and their average. */
export function averaged(call: EstimatorCall, ensemble: Ensemble): { index: Value; probabilities: Value } {
  const { emitter } = call
  const trees = ensemble.starts.length
  const { index, scores } = emitClassifier(emitter, treeFeatures(call), ensemble)
  return {
    index,
    probabilities: trees === 1 ? scores : emitter.op('Div', [scores, emitter.scalar('float32', trees)]),
  }
}

function severalTargets(
  call: EstimatorCall,
  ensemble: Ensemble,
  labels: readonly Classes[],
): EstimatorResult {
  const scores = emitEnsemble(call.emitter, treeFeatures(call), ensemble, { aggregate: 'AVERAGE' })
  const outputs: ClassifierResult[] = []
  let first = 0
  for (const classes of labels) {
    const probabilities = columnsOf(call, scores, first, classes.labels.length)
    first += classes.labels.length
    outputs.push({ kind: 'classifier', classes, index: argmax(call.emitter, probabilities), probabilities })
  }
  return { kind: 'multioutput', outputs }
}

/** Of several targets a list of arrays. */
async function classesOfTargets(estimator: Fitted, targets: number): Promise<readonly Classes[]> {
  if (targets === 1) return [await classesOf(estimator)]
  const arrays = estimator.arrays('classes_')
  if (arrays.length !== targets) throw estimator.invalid('classes_', `is not of ${targets} targets`)
  return Promise.all(arrays.map(async array => toClasses(estimator, 'classes_', await array.cells())))
}

function columnsOf({ emitter }: EstimatorCall, scores: Value, first: number, count: number): Value {
  const [start, end, axis] = [emitter.ints([first]), emitter.ints([first + count]), emitter.ints([1])]
  return emitter.op('Slice', [scores, start, end, axis], {
    types: [{ dtype: scores.dtype, shape: [rowsOf(scores), count] }],
  })
}
