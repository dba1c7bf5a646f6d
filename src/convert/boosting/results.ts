import { cast } from '../graph/cast.ts'
import type { Emitter, Size, Value } from '../graph/types.ts'
import type { Classes, ClassifierResult, MultilabelResult } from '../sklearn/estimator.ts'

/** 0, 1, 2 …: what files of boosting libraries call their classes. */
export function counting(classes: number): Classes {
  return { dtype: 'int64', labels: Array.from({ length: classes }, (_, i) => BigInt(i)) }
}

/**
 * Two classes of the probability of the second [N, 1], float32. The second is predicted where `score` [N, 1] is above
 * `threshold`.
 */
export function twoClasses(
  emitter: Emitter,
  yes: Value,
  { score, threshold }: { readonly score: Value; readonly threshold: number },
  classes: Classes,
): ClassifierResult {
  const no = emitter.op('Sub', [emitter.scalar(yes.dtype, 1), yes])
  const rows = yes.shape?.[0] ?? null
  return {
    kind: 'classifier',
    classes,
    index: squeezed(emitter, decided(emitter, score, threshold), rows),
    probabilities: emitter.op('Concat', [no, yes], { attributes: { axis: { int: 1 } } }),
  }
}

/** Classes by their probabilities [N, C]; of equal ones the first. */
export function byProbabilities(emitter: Emitter, probabilities: Value, classes: Classes): ClassifierResult {
  return { kind: 'classifier', classes, index: argmax(emitter, probabilities), probabilities }
}

/** Place of the largest of each row, the first of equal ones: int64 [N]. */
export function argmax(emitter: Emitter, scores: Value): Value {
  return emitter.op('ArgMax', [scores], { attributes: { axis: { int: 1 }, keepdims: { int: 0 } } })
}

/** Yes or no for each label, by its probability [N, L]. */
export function byLabel(emitter: Emitter, probabilities: Value): MultilabelResult {
  return { kind: 'multilabel', label: decided(emitter, probabilities, 0.5), probabilities }
}

function decided(emitter: Emitter, score: Value, threshold: number): Value {
  return cast(emitter, emitter.op('Greater', [score, emitter.scalar(score.dtype, threshold)]), 'int64')
}

/** [N, 1] to [N]. */
export function squeezed(emitter: Emitter, value: Value, rows: Size): Value {
  return emitter.op('Reshape', [value, emitter.ints([-1])], {
    types: [{ dtype: value.dtype, shape: [rows] }],
  })
}
