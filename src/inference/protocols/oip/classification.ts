import type { Dtype, Tensor } from '../../../core/index.ts'
import { numbersOf } from '../../../model/index.ts'

/**
 * The best classes of an output [N, C] as strings `value:index[:label]`, best first: [N, count] (or [count] of an
 * output without a batch axis). The classification extension of Triton:
 * https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_classification.html.
 * `labels` may be empty; those of another number of classes are left out.
 */
export function classified(tensor: Tensor, count: number, labels: readonly string[]): Tensor {
  const { shape, dtype } = tensor
  const rows = shape.length > 1 ? shape[0]! : 1
  const scores = numbersOf(tensor)
  const classes = rows === 0 ? 0 : scores.length / rows
  const told = Math.min(count, classes)
  const labelled = labels.length === classes ? labels : []
  const data: string[] = []
  for (let row = 0; row < rows; row++) {
    for (const index of best(scores, row * classes, classes, told)) {
      const label = labelled[index]
      const value = shortest(scores[row * classes + index]!, dtype)
      data.push(label === undefined ? `${value}:${index}` : `${value}:${index}:${label}`)
    }
  }
  return { dtype: 'string', shape: shape.length > 1 ? [rows, told] : [told], data }
}

/** Indexes of the largest of `length` values from `from` on, the lower index before its equal, NaN last. */
function best(values: ArrayLike<number>, from: number, length: number, count: number): readonly number[] {
  const rank = (index: number): number => {
    const value = values[from + index]!
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value
  }
  const order = Array.from({ length }, (_, index) => index)
  return order.sort((a, b) => (rank(a) === rank(b) ? a - b : rank(b) - rank(a))).slice(0, count)
}

/** The shortest decimals that give the same value in its own type. */
function shortest(value: number, dtype: Dtype): string {
  if (dtype !== 'float32') return String(value)
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number(value.toPrecision(9)))
}
