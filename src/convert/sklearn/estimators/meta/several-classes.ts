import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { comparedDistances } from '../../arithmetic/distances.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import { above, ofTwo } from '../../arithmetic/probabilities.ts'
import {
  type ClassifierResult,
  classesOf,
  type EstimatorCall,
  type EstimatorConverter,
  type EstimatorResult,
} from '../../estimator.ts'
import { oneVersusRest, pairsOf } from '../svm/pairs.ts'
import { binaryScore, innerOf, inputOfInner, numericLabels, upright } from './inner.ts'

/** Every inner estimator's result, in order. */
async function results(call: EstimatorCall): Promise<readonly EstimatorResult[]> {
  const all: EstimatorResult[] = []
  for (const { name, inner } of innerOf(call.estimator, 'estimators_'))
    all.push(await call.convert(name, inner, call.input, 'predict'))
  return all
}

/** A part of all of them; undefined where one lacks it. */
function everyOne(
  all: readonly EstimatorResult[],
  part: (result: ClassifierResult) => Value | undefined,
): readonly Value[] | undefined {
  const values = all.flatMap(result => (result.kind === 'classifier' ? (part(result) ?? []) : []))
  return values.length === all.length ? values : undefined
}

async function rest(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const m = new Arithmetic(emitter)
  const binarizer = estimator.object('label_binarizer_')
  const type = binarizer.choice('y_type_', ['binary', 'multiclass', 'multilabel-indicator'])
  const all = await results(call)
  const scores = all.map(result => binaryScore(m, result))
  const decisions = everyOne(all, ({ decision }) => decision)?.map(each => upright(m, each))
  const decision = decisions && m.concat(decisions, 1)
  const yes = everyOne(all, ({ probabilities }) => probabilities)?.map(each => m.column(each, 1))
  if (type === 'multilabel-indicator') {
    const label = m.concat(
      scores.map(({ score }) => m.unsqueeze(above(m, score, scores[0]!.middle), 1)),
      1,
    )
    return {
      kind: 'multilabel',
      label,
      ...(decision && { decision }),
      ...(yes && { probabilities: m.columns(yes) }),
    }
  }
  const classes = await classesOf(binarizer)
  const known = { kind: 'classifier', classes } as const
  if (all.length === 1) {
    const [{ score, middle }] = scores as [{ score: Value; middle: number }]
    return {
      ...known,
      index: above(m, score, middle),
      ...(decision && { decision: m.squeeze(decision, 1) }),
      ...(yes && { probabilities: ofTwo(m, yes[0]!) }),
    }
  }
  if (all.length !== classes.labels.length)
    throw estimator.invalid('estimators_', `has ${all.length} elements for ${classes.labels.length} classes`)
  const each = m.columns(scores.map(({ score }) => score))
  return {
    ...known,
    // Of equal scores the last won before 1.8.
    index: estimator.since(8) ? m.argmax(each) : lastMax(m, each),
    ...(decision && { decision }),
    ...(yes && { probabilities: divided(m, m.columns(yes)) }),
  }
}

function lastMax(m: Arithmetic, x: Value): Value {
  const attributes = { axis: { int: 1 }, keepdims: { int: 0 }, select_last_index: { int: 1 } }
  return m.emitter.op('ArgMax', [x], { attributes })
}

/** Rows divided by their sums, rows of zeros left as they are. */
function divided(m: Arithmetic, x: Value): Value {
  const sum = m.sum(x, 1, 'kept')
  return m.div(x, m.where(m.equal(sum, 0), 1, sum))
}

async function one(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const m = new Arithmetic(emitter)
  if (!estimator.isNone('pairwise_indices_'))
    throw new Refusal('its estimators take a kernel of pairs of rows')
  const classes = await classesOf(estimator)
  const count = classes.labels.length
  const all = await results(call)
  if (all.length !== pairsOf(count).length)
    throw estimator.invalid('estimators_', `has ${all.length} elements for ${count} classes`)
  const scores = all.map(result => binaryScore(m, result))
  const second = m.concat(
    all.map((result, i) => m.unsqueeze(secondWon(m, result, scores[i]!.score), 1)),
    1,
  )
  const decisions = oneVersusRest(m, second, m.columns(scores.map(({ score }) => score)), count)
  if (count > 2) return { kind: 'classifier', classes, index: m.argmax(decisions), decision: decisions }
  const decision = m.column(decisions, 1)
  // Since 1.1 votes and confidence are compared with the middle of its estimator's own scores.
  return {
    kind: 'classifier',
    classes,
    index: above(m, decision, estimator.since(1) ? scores[0]!.middle : 0),
    decision,
  }
}

/** Whether an inner estimator predicts the second class of its pair, which it knows as 1. */
function secondWon(m: Arithmetic, result: EstimatorResult, score: Value): Value {
  if (result.kind === 'classifier') return m.cast(numericLabels(m, result), 'bool')
  return m.equal(score, 1)
}

/** The class whose code is nearest to the scores. */
async function codes(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const m = new Arithmetic(emitter)
  const classes = await classesOf(estimator)
  const all = await results(call)
  const book = await matrixOf(estimator, 'code_book_', [classes.labels.length, all.length])
  const scores = m.columns(all.map(result => binaryScore(m, result).score))
  return {
    kind: 'classifier',
    classes,
    index: m.argmin(comparedDistances(m, scores, book.weight(emitter))),
  }
}

/** What stands for a class that all or no rows had: always the same. */
async function constant({ estimator, emitter, input }: EstimatorCall): Promise<ClassifierResult> {
  const m = new Arithmetic(emitter)
  const answer = (await estimator.floats('y_'))[0] === 1 ? 1 : 0
  const x = input.blocks[0]
  if (!x) throw new Refusal('it gets no columns')
  const filled = (elements: readonly number[]): Value =>
    m.repeated(m.numbers(elements, [1, elements.length]), x)
  const decision = m.squeeze(filled([answer]), 1)
  return {
    kind: 'classifier',
    classes: { dtype: 'int64', labels: [0n, 1n] },
    index: m.cast(decision, 'int64'),
    decision,
    probabilities: filled([1 - answer, answer]),
  }
}

const input = inputOfInner('estimators_')

export const oneVsRest: EstimatorConverter = { convert: rest, input }
export const oneVsOne: EstimatorConverter = { convert: one, input }
export const outputCode: EstimatorConverter = { convert: codes, input }
export const constantPredictor: EstimatorConverter = { convert: constant }
