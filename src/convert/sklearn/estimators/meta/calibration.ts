import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { ofTwo, softmax } from '../../arithmetic/probabilities.ts'
import {
  type Classes,
  type ClassifierResult,
  classesOf,
  type EstimatorCall,
  type EstimatorConverter,
  type EstimatorResult,
  type Fitted,
} from '../../estimator.ts'
import { upright } from './inner.ts'
import { isotonic } from './isotonic.ts'

/** `base_estimator` before 1.2. */
const INNER = ['estimator', 'base_estimator']
/** What is above 1 by no more than this is 1. */
const EXCESS = 1e-5

/** The mean of its calibrated classifiers' probabilities. */
async function convert(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const m = new Arithmetic(emitter)
  const classes = await classesOf(estimator)
  const parts = partsOf(estimator)
  let sum: Value | undefined
  for (const { name, part } of parts) {
    const inner = await call.classify(`${name}.estimator`, part.estimator(INNER), call.input)
    const own = await calibrated(m, part, inner, classes)
    sum = sum ? m.add(sum, own) : own
  }
  const probabilities = m.div(sum!, parts.length)
  return { kind: 'classifier', classes, index: m.argmax(probabilities), probabilities }
}

function partsOf(estimator: Fitted): readonly { readonly name: string; readonly part: Fitted }[] {
  const list = estimator.list('calibrated_classifiers_')
  if (list.length === 0) throw estimator.invalid('calibrated_classifiers_', 'is empty')
  return list.map((value, i) => {
    const name = `calibrated_classifiers_[${i}]`
    return { name, part: estimator.innerOf(value, name) }
  })
}

async function calibrated(
  m: Arithmetic,
  part: Fitted,
  inner: ClassifierResult,
  classes: Classes,
): Promise<Value> {
  const method = part.choice('method', ['sigmoid', 'isotonic', 'temperature'], 'sigmoid')
  const calibrators = part.list('calibrators').map(value => part.innerOf(value, 'calibrators'))
  if (calibrators.length === 0) throw part.invalid('calibrators', 'is empty')
  if (method === 'temperature') return tempered(m, calibrators[0]!, inner)
  const two = classes.labels.length === 2
  const columns = columnsOf(m, inner, two)
  const calibrate = async (i: number): Promise<Value> => {
    const calibrator = calibrators[i]
    if (!calibrator) throw part.invalid('calibrators', `has ${calibrators.length} elements`)
    return method === 'isotonic' ? isotonic(m, calibrator, columns(i)) : sigmoid(m, calibrator, columns(i))
  }
  if (two) return clipped(m, ofTwo(m, await calibrate(0)))
  const each: Value[] = []
  for (const label of classes.labels) {
    const place = inner.classes.labels.indexOf(label)
    // A class that this part was not fitted to.
    each.push(place < 0 ? m.mul(columns(0), 0) : await calibrate(place))
  }
  return clipped(m, shared(m, m.columns(each), classes.labels.length))
}

/** Decisions rather than probabilities, a column each; of two classes the second's only. */
function columnsOf(m: Arithmetic, inner: ClassifierResult, two: boolean): (i: number) => Value {
  if (inner.decision) {
    const decision = upright(m, inner.decision)
    return i => m.column(decision, i)
  }
  if (!inner.probabilities) throw new Refusal('its classifier gives neither decisions nor probabilities')
  const probabilities = inner.probabilities
  return i => m.column(probabilities, two ? 1 : i)
}

/** Platt's sigmoid: 1 / (1 + exp(a t + b)). */
async function sigmoid(m: Arithmetic, calibrator: Fitted, t: Value): Promise<Value> {
  const [a, b] = [calibrator.number('a_'), calibrator.number('b_')]
  return m.logistic(m.of('Neg', m.add(m.mul(t, a), b)))
}

/** Divided by their sum, also where it is tiny; a row of zeros becomes one of equal parts. */
function shared(m: Arithmetic, x: Value, count: number): Value {
  const sum = m.sum(x, 1, 'kept')
  return m.where(m.equal(sum, 0), 1 / count, m.div(x, sum))
}

function clipped(m: Arithmetic, x: Value): Value {
  const above = m.emitter.op('And', [
    m.greater(x, 1),
    m.emitter.op('LessOrEqual', [x, m.numbers([1 + EXCESS], [])]),
  ])
  return m.where(above, 1, x)
}

/** Softmax of logits times β: decisions as they are, probabilities by their logarithm (Guo et al. 2017). */
async function tempered(m: Arithmetic, calibrator: Fitted, inner: ClassifierResult): Promise<Value> {
  const beta = (await calibrator.floats('beta_'))[0] ?? 1
  return softmax(m, m.mul(logitsOf(m, inner), beta))
}

/** What is added to a probability before its logarithm. */
const EPSILON = 1e-12

function logitsOf(m: Arithmetic, { decision, probabilities }: ClassifierResult): Value {
  if (decision?.shape?.length === 1) return m.columns([m.of('Neg', decision), decision])
  if (decision) return decision
  if (!probabilities) throw new Refusal('its classifier gives neither decisions nor probabilities')
  // Of two classes it has the second's only.
  const both = probabilities.shape?.[1] === 2 ? ofTwo(m, m.column(probabilities, 1)) : probabilities
  return m.of('Log', m.add(both, EPSILON))
}

/** The inner estimators stand in objects that are none. */
const input: NonNullable<EstimatorConverter['input']> = async (estimator, ask) => {
  const [first] = partsOf(estimator)
  return first && ask(`${first.name}.estimator`, first.part.estimator(INNER))
}

export const calibratedClassifier: EstimatorConverter = { convert, input }
