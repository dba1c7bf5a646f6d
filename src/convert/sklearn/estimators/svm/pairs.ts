import type { Value } from '../../../graph/types.ts'
import type { Arithmetic } from '../../arithmetic/arithmetic.ts'
import type { Fitted } from '../../estimator.ts'
import { type Machine, single } from './machine.ts'

/** Pairs of classes in the order of their classifiers: 0–1, 0–2, … 1–2 … */
export function pairsOf(classes: number): readonly (readonly [first: number, second: number])[] {
  return Array.from({ length: classes }, (_, i) =>
    Array.from({ length: classes - 1 - i }, (_, j) => [i, i + 1 + j] as const),
  ).flat()
}

/**
 * libsvm's decision of each pair of classes, float64 [N, pairs]: above 0 for the first. Classifier (i, j) has its
 * coefficients of class i's support vectors in row j − 1, those of class j's in row i.
 */
export async function decisionsOf(machine: Machine, estimator: Fitted, classes: number): Promise<Value> {
  const { m, kernel, coefficients, intercepts } = machine
  const pairs = pairsOf(classes)
  if (intercepts.length !== pairs.length || coefficients.rows !== classes - 1)
    throw estimator.invalid('_intercept_', `has ${intercepts.length} elements for ${classes} classes`)
  if (classes === 2) return m.unsqueeze(single(machine), 1)
  const counts = await estimator.array(['_n_support', 'n_support_']).integers()
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (counts.length !== classes || total !== coefficients.columns || counts.some(count => count < 0))
    throw estimator.invalid('_n_support', `does not divide ${coefficients.columns} support vectors`)
  const weight = coefficients.weight(m.emitter)
  let start = 0
  // Of each class, what its support vectors give to its classes − 1 classifiers.
  const parts = counts.map(count => {
    const [from, to] = [m.emitter.ints([start]), m.emitter.ints([start + count])]
    start += count
    const cut = (x: Value) => m.emitter.op('Slice', [x, from, to, m.emitter.ints([1])])
    return m.times(cut(kernel), cut(weight))
  })
  const all = m.concat(parts, 1)
  const first = m.gather(
    all,
    pairs.map(([i, j]) => i * (classes - 1) + j - 1),
    1,
  )
  const second = m.gather(
    all,
    pairs.map(([i, j]) => j * (classes - 1) + i),
    1,
  )
  return m.add(m.add(first, second), m.numbers(intercepts))
}

/** Votes of pairs for the first where `first` [N, pairs] is true, else for the second: float64 [N, classes]. */
export function votesOf(m: Arithmetic, first: Value, classes: number): Value {
  const pairs = pairsOf(classes)
  const yes = m.matmul(
    m.cast(first, 'float64'),
    matrixOfPairs(m, pairs, classes, ([i, j], at) => (at === i ? 1 : at === j ? -1 : 0)),
  )
  return m.add(yes, m.numbers(Array.from({ length: classes }, (_, at) => at)))
}

/**
 * `_ovr_decision_function`: votes, and of those with as many the sum of confidences, squeezed to less than ⅓.
 * `confidence` [N, pairs] speaks for the second of each pair, `second` is where it won.
 */
export function oneVersusRest(m: Arithmetic, second: Value, confidence: Value, classes: number): Value {
  const pairs = pairsOf(classes)
  const signs = matrixOfPairs(m, pairs, classes, ([i, j], at) => (at === j ? 1 : at === i ? -1 : 0))
  const sums = m.matmul(confidence, signs)
  const squeezed = m.div(sums, m.mul(m.add(m.of('Abs', sums), 1), 3))
  return m.add(votesOf(m, m.emitter.op('Not', [second]), classes), squeezed)
}

function matrixOfPairs(
  m: Arithmetic,
  pairs: readonly (readonly [number, number])[],
  classes: number,
  element: (pair: readonly [number, number], at: number) => number,
): Value {
  const elements = pairs.flatMap(pair => Array.from({ length: classes }, (_, at) => element(pair, at)))
  return m.numbers(elements, [pairs.length, classes])
}
