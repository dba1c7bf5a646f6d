import type { Estimator } from '../../../../formats/index.ts'
import { argmax } from '../../../boosting/results.ts'
import { cast } from '../../../graph/cast.ts'
import type { Value } from '../../../graph/types.ts'
import { emitEnsemble } from '../../../trees/emit.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { classesOf, type EstimatorCall, type EstimatorResult, type Fitted } from '../../estimator.ts'
import { anEnsemble, averaged, treeFeatures } from './forest.ts'
import { addValues, classLeaves, treeOf } from './tree.ts'

const TREES: ReadonlySet<string> = new Set([
  'DecisionTreeClassifier',
  'DecisionTreeRegressor',
  'ExtraTreeClassifier',
  'ExtraTreeRegressor',
])

/** Trees of one target are one ensemble; others are converted by themselves. */
export function areTrees(
  estimators: readonly Estimator[],
  call: EstimatorCall,
  name = 'estimators_',
): boolean {
  return estimators.every((estimator, i) => {
    if (!TREES.has(estimator.className)) return false
    const fitted = call.look(`${name}[${i}]`, estimator)
    return !fitted.has('n_outputs_') || fitted.integer('n_outputs_') === 1
  })
}

/** Features that each inner estimator sees, by their columns; undefined where all see all. */
export async function subsetsOf(
  estimator: Fitted,
  count: number,
  width: number,
): Promise<readonly (readonly number[])[] | undefined> {
  if (!estimator.has('estimators_features_')) return undefined
  const arrays = estimator.arrays('estimators_features_')
  if (arrays.length !== count)
    throw estimator.invalid(
      'estimators_features_',
      `is of ${arrays.length} estimators, and ${count} are there`,
    )
  const subsets = await Promise.all(arrays.map(array => array.integers()))
  const odd = subsets.flat().find(column => !(column >= 0 && column < width))
  if (odd !== undefined)
    throw estimator.invalid('estimators_features_', `holds ${odd}, and there are ${width} columns`)
  return subsets
}

/** BaggingRegressor: the mean of what its estimators predict. */
export async function baggingRegressor(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter, input } = call
  const inner = estimator.estimators('estimators_')
  const subsets = await subsetsOf(estimator, inner.length, input.width)
  if (areTrees(inner, call)) {
    const ensemble = anEnsemble(call, 1)
    for (const [i, tree] of inner.entries())
      addValues(ensemble, await treeOf(call.look(`estimators_[${i}]`, tree), subsets?.[i]))
    const value = emitEnsemble(emitter, treeFeatures(call), ensemble, { aggregate: 'AVERAGE' })
    return { kind: 'regressor', value }
  }
  const values: Value[] = []
  for (const [i, one] of inner.entries()) {
    const columns = subsets ? input.pick(emitter, subsets[i]!) : input
    values.push(cast(emitter, (await call.regress(`estimators_[${i}]`, one, columns)).value, 'float64'))
  }
  return { kind: 'regressor', value: mean(call, values) }
}

/**
 * BaggingClassifier: the mean of its estimators' probabilities, or of their votes where they have none. An estimator
 * whose part of the training lacked classes has fewer of them: its `classes_` are places.
 */
export async function baggingClassifier(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter, input } = call
  const classes = await classesOf(estimator)
  const inner = estimator.estimators('estimators_')
  const subsets = await subsetsOf(estimator, inner.length, input.width)
  const count = classes.labels.length
  if (areTrees(inner, call))
    return { kind: 'classifier', classes, ...(await ofTrees(call, inner, subsets, count)) }
  const probabilities = await ofOthers(call, inner, subsets, count)
  return { kind: 'classifier', classes, index: argmax(emitter, probabilities), probabilities }
}

async function ofTrees(
  call: EstimatorCall,
  inner: readonly Estimator[],
  subsets: readonly (readonly number[])[] | undefined,
  count: number,
): Promise<{ index: Value; probabilities: Value }> {
  const ensemble = anEnsemble(call, count)
  for (const [i, one] of inner.entries()) {
    const tree = call.look(`estimators_[${i}]`, one)
    const places = await placesOf(tree, count)
    const fitted = await treeOf(tree, subsets?.[i])
    const leaves = classLeaves(tree, fitted, [places.length])
    ensemble.add(fitted.tree, (node, put) => leaves(node, (target, weight) => put(places[target]!, weight)))
  }
  return averaged(call, ensemble)
}

/** An inner classifier's classes, as places in those of the ensemble. */
export async function placesOf(tree: Fitted, count: number): Promise<readonly number[]> {
  const places = await tree.array('classes_').integers()
  const odd = places.find(place => !(place >= 0 && place < count))
  if (odd !== undefined) throw tree.invalid('classes_', `holds ${odd}, and there are ${count} classes`)
  return places
}

async function ofOthers(
  call: EstimatorCall,
  inner: readonly Estimator[],
  subsets: readonly (readonly number[])[] | undefined,
  count: number,
): Promise<Value> {
  const { emitter, input } = call
  const m = new Arithmetic(emitter)
  const parts: Value[] = []
  for (const [i, one] of inner.entries()) {
    const name = `estimators_[${i}]`
    const columns = subsets ? input.pick(emitter, subsets[i]!) : input
    const { index, probabilities } = await call.classify(name, one, columns)
    const places = await placesOf(call.look(name, one), count)
    // A row for each of its classes: 1 at its place.
    const table = m.numbers(
      places.flatMap(place => Array.from({ length: count }, (_, k) => (k === place ? 1 : 0))),
      [places.length, count],
    )
    const all = places.length === count && places.every((place, k) => place === k)
    const own = probabilities && cast(emitter, probabilities, 'float64')
    parts.push(own ? (all ? own : m.matmul(own, table)) : emitter.op('Gather', [table, index]))
  }
  return mean(call, parts)
}

function mean({ emitter }: EstimatorCall, values: readonly Value[]): Value {
  const m = new Arithmetic(emitter)
  const sum = values.reduce((all, value) => m.add(all, value))
  return m.div(sum, values.length)
}
