import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import {
  type Classes,
  type ClassifierResult,
  classesOf,
  type EstimatorCall,
  type EstimatorResult,
  type Fitted,
  toClasses,
} from '../../estimator.ts'
import { type Cell, cellOf } from '../../fitted/cells.ts'
import { isList } from '../../fitted/fitted.ts'

/** A column of the input, whose rows are counted. */
function anyColumn({ input }: EstimatorCall): Value {
  const [block] = input.blocks
  if (block) return block
  throw new Refusal('it gets no columns')
}

/** The same answer for every row, by the share of classes in what it was fitted to. */
export async function classifier(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const m = new Arithmetic(emitter)
  const strategy = estimator.choice(['_strategy', 'strategy'], ['prior', 'most_frequent', 'constant'])
  const x = anyColumn(call)
  if (estimator.integer('n_outputs_', 1) === 1) {
    const classes = await classesOf(estimator)
    const priors = await estimator.floats('class_prior_', [classes.labels.length])
    const [constant] = constantsOf(estimator)
    return always(m, x, { classes, priors, strategy, constant, estimator })
  }
  const constants = constantsOf(estimator)
  const priors = estimator.arrays('class_prior_')
  const outputs: ClassifierResult[] = []
  for (const [i, array] of estimator.arrays('classes_').entries()) {
    const classes = toClasses(estimator, 'classes_', await array.cells())
    const own = await priors[i]?.floats()
    if (own?.length !== classes.labels.length)
      throw estimator.invalid('class_prior_', 'does not fit the classes')
    outputs.push(always(m, x, { classes, priors: own, strategy, constant: constants[i], estimator }))
  }
  return { kind: 'multioutput', outputs }
}

interface Always {
  readonly estimator: Fitted
  readonly classes: Classes
  readonly priors: Float64Array
  readonly strategy: 'prior' | 'most_frequent' | 'constant'
  readonly constant: Cell | undefined
}

function always(m: Arithmetic, x: Value, known: Always): ClassifierResult {
  const { classes, priors, strategy } = known
  const place = strategy === 'constant' ? placeOf(known) : priors.indexOf(Math.max(...priors))
  const shares =
    strategy === 'prior' ? Array.from(priors) : classes.labels.map((_, i) => (i === place ? 1 : 0))
  const index = m.squeeze(m.repeated(m.emitter.constant('int64', [1, 1], [place]), x), 1)
  const probabilities = m.repeated(m.numbers(shares, [1, shares.length]), x)
  return { kind: 'classifier', classes, index, probabilities }
}

function placeOf({ estimator, classes, constant }: Always): number {
  const [label] = constant === undefined ? [] : toClasses(estimator, 'constant', [constant]).labels
  const place = label === undefined ? -1 : classes.labels.indexOf(label)
  if (place >= 0) return place
  throw estimator.invalid('constant', 'is no class')
}

/** One, or one a target. */
function constantsOf(estimator: Fitted): readonly (Cell | undefined)[] {
  const value = estimator.value('constant')
  return isList(value) ? value.map(cellOf) : [cellOf(value)]
}

export async function regressor(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const m = new Arithmetic(emitter)
  const constants = await estimator.floats('constant_')
  return {
    kind: 'regressor',
    value: m.repeated(m.numbers(constants, [1, constants.length]), anyColumn(call)),
  }
}
