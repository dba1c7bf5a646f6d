import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { Columns } from '../../columns.ts'
import type {
  ClassifierResult,
  EstimatorCall,
  EstimatorConverter,
  EstimatorResult,
  Fitted,
} from '../../estimator.ts'
import { innerOf, inputOfInner, numericLabels } from './inner.ts'

async function classifiers(call: EstimatorCall): Promise<EstimatorResult> {
  const outputs: ClassifierResult[] = []
  for (const { name, inner } of innerOf(call.estimator, 'estimators_'))
    outputs.push(await call.classify(name, inner, call.input))
  return { kind: 'multioutput', outputs }
}

async function regressors(call: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(call.emitter)
  const values: Value[] = []
  for (const { name, inner } of innerOf(call.estimator, 'estimators_'))
    values.push((await call.regress(name, inner, call.input)).value)
  return { kind: 'regressor', value: m.concat(values, 1) }
}

/** Which output each link of the chain gives. */
async function orderOf(estimator: Fitted, count: number): Promise<readonly number[]> {
  const order = Array.from(await estimator.floats('order_', [count]))
  if (
    new Set(order).size !== count ||
    order.some(place => !Number.isInteger(place) || place < 0 || place >= count)
  )
    throw estimator.invalid('order_', `is [${order.slice(0, 10).join(', ')}]`)
  return order
}

/** What a link gives to the ones behind it: [N]. */
type Link = { readonly feature: Value; readonly outputs: Readonly<Record<string, Value | undefined>> }

/** Each link gets the columns and what the links before it gave. Outputs [N, L] in the order of the targets. */
async function chained(
  call: EstimatorCall,
  m: Arithmetic,
  ask: (name: string, index: number, input: Columns) => Promise<Link>,
): Promise<Readonly<Record<string, Value | undefined>>> {
  const links = innerOf(call.estimator, 'estimators_')
  const order = await orderOf(call.estimator, links.length)
  const features: Value[] = []
  const found: Link['outputs'][] = []
  for (const [i, { name }] of links.entries()) {
    const before = features.length > 0 ? [new Columns([m.columns(features)])] : []
    const link = await ask(name, i, Columns.beside([call.input, ...before]))
    features.push(link.feature)
    found.push(link.outputs)
  }
  const placed = order.map((_, target) => found[order.indexOf(target)]!)
  return Object.fromEntries(
    Object.keys(found[0]!).map(key => {
      const values = placed.flatMap(outputs => outputs[key] ?? [])
      return [key, values.length === placed.length ? m.columns(values) : undefined]
    }),
  )
}

async function classifierChain(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const m = new Arithmetic(emitter)
  const links = innerOf(estimator, 'estimators_')
  const method = estimator.has('chain_method_') ? estimator.text('chain_method_') : 'predict'
  const { label, probabilities, decision } = await chained(call, m, async (name, i, input) => {
    const result = await call.classify(name, links[i]!.inner, input)
    const two = result.classes.labels.length === 2
    const own = numericLabels(m, result)
    const yes = two && result.probabilities ? m.column(result.probabilities, 1) : undefined
    const scores = two ? result.decision : undefined
    const feature = { predict: m.cast(own, 'float64'), predict_proba: yes, decision_function: scores }[method]
    if (!feature) throw new Refusal(`chain_method='${method.slice(0, 100)}'`)
    return { feature, outputs: { label: own, probabilities: yes, decision: scores } }
  })
  return {
    kind: 'multilabel',
    label: label!,
    ...(probabilities && { probabilities }),
    ...(decision && { decision }),
  }
}

async function regressorChain(call: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(call.emitter)
  const links = innerOf(call.estimator, 'estimators_')
  const { value } = await chained(call, m, async (name, i, input) => {
    const { value: own } = await call.regress(name, links[i]!.inner, input)
    const feature = m.column(own, 0)
    return { feature, outputs: { value: feature } }
  })
  return { kind: 'regressor', value: value! }
}

const input = inputOfInner('estimators_')

export const multiOutputClassifier: EstimatorConverter = { convert: classifiers, input }
export const multiOutputRegressor: EstimatorConverter = { convert: regressors, input }
export const chainOfClassifiers: EstimatorConverter = { convert: classifierChain, input }
export const chainOfRegressors: EstimatorConverter = { convert: regressorChain, input }
