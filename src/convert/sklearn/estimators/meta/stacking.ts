import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { Columns } from '../../columns.ts'
import {
  classesOf,
  type EstimatorCall,
  type EstimatorConverter,
  type EstimatorResult,
} from '../../estimator.ts'
import { innerOf, inputOfInner, numericLabels, placesOf, upright } from './inner.ts'

/** What the inner estimators say, by the method that was chosen for each, and with `passthrough` the columns behind. */
async function stacked(call: EstimatorCall, m: Arithmetic): Promise<Columns> {
  const { estimator } = call
  const methods = estimator.list('stack_method_')
  const inner = innerOf(estimator, 'estimators_')
  if (methods.length !== inner.length)
    throw estimator.invalid('stack_method_', `has ${methods.length} elements for ${inner.length} estimators`)
  const blocks: Value[] = []
  for (const [i, { name, inner: part }] of inner.entries())
    blocks.push(...said(m, await call.convert(name, part, call.input, 'predict'), methods[i]))
  const columns = new Columns(blocks, call.input.open)
  return estimator.bool('passthrough', false) ? Columns.beside([columns, call.input]) : columns
}

/** Of probabilities of two classes only the second's: the first follows from it. */
function said(m: Arithmetic, result: EstimatorResult, method: unknown): readonly Value[] {
  if (result.kind === 'regressor') return [result.value]
  if (result.kind === 'multioutput')
    return result.outputs.flatMap(output => (output.probabilities ? [behind(m, output.probabilities)] : []))
  if (result.kind === 'multilabel' && method === 'predict_proba' && result.probabilities)
    return [result.probabilities]
  if (result.kind !== 'classifier')
    throw new Refusal('one of its estimators is neither classifier nor regressor')
  const { probabilities, decision, classes } = result
  if (method === 'predict_proba' && probabilities)
    return [classes.labels.length === 2 ? behind(m, probabilities) : probabilities]
  if (method === 'decision_function' && decision) return [upright(m, decision)]
  if (method === 'predict') return [m.cast(m.unsqueeze(numericLabels(m, result), 1), 'float64')]
  throw new Refusal(`one of its estimators has no ${String(method).slice(0, 50)}`)
}

/** All columns but the first. */
function behind(m: Arithmetic, x: Value): Value {
  const width = x.shape?.[1]
  if (typeof width !== 'number') throw new TypeError(`${x.name} is no block of columns`)
  return m.gather(
    x,
    Array.from({ length: width - 1 }, (_, i) => i + 1),
    1,
  )
}

async function classifier(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const m = new Arithmetic(emitter)
  const columns = await stacked(call, m)
  if (call.purpose === 'transform') return { kind: 'features', columns }
  if (Array.isArray(estimator.value('_label_encoder'))) throw new Refusal('it was fitted to several labels')
  const classes = await classesOf(estimator)
  const final = await call.classify('final_estimator_', estimator.estimator('final_estimator_'), columns)
  return { ...final, index: placesOf(m, final, classes), classes }
}

async function regressor(call: EstimatorCall): Promise<EstimatorResult> {
  const columns = await stacked(call, new Arithmetic(call.emitter))
  if (call.purpose === 'transform') return { kind: 'features', columns }
  return call.regress('final_estimator_', call.estimator.estimator('final_estimator_'), columns)
}

const input = inputOfInner('estimators_')

export const stackingClassifier: EstimatorConverter = { convert: classifier, input }
export const stackingRegressor: EstimatorConverter = { convert: regressor, input }
