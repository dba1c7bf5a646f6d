import { EvaluateError } from '../errors.ts'
import type { EvaluationRows } from '../types.ts'

/** 24 bytes each: 240 MB in all. A test set beyond that is sampled (evaluate.limit). */
export const MAX_EXAMPLES = 10_000_000
const FIRST_ROOM = 1024

/** Collects what a model said, example by example, in arrays that grow by doubling. */
export class RowCollector {
  #truth: Float64Array = new Float64Array(FIRST_ROOM)
  #predicted: Float64Array = new Float64Array(FIRST_ROOM)
  #loss: Float64Array = new Float64Array(FIRST_ROOM)
  #count = 0
  #everyLoss = true

  get count(): number {
    return this.#count
  }

  /** `loss`: −log p(truth); without it for any row, the rows have none. Throws DATASET_LIMIT. */
  add(truth: number, predicted: number, loss?: number): void {
    if (this.#count === this.#truth.length) this.#grow()
    this.#truth[this.#count] = truth
    this.#predicted[this.#count] = predicted
    this.#loss[this.#count] = loss ?? Number.NaN
    this.#everyLoss &&= loss !== undefined
    this.#count++
  }

  rows(): EvaluationRows {
    const truth = this.#truth.slice(0, this.#count)
    const predicted = this.#predicted.slice(0, this.#count)
    const hasLoss = this.#everyLoss && this.#count > 0
    return hasLoss ? { truth, predicted, loss: this.#loss.slice(0, this.#count) } : { truth, predicted }
  }

  #grow(): void {
    if (this.#count >= MAX_EXAMPLES) {
      throw new EvaluateError('DATASET_LIMIT', {
        message: `The data set has more than ${MAX_EXAMPLES} examples`,
        hint: 'Set evaluate.limit to evaluate the first of them; a few ten thousand decide every gate.',
      })
    }
    const grown = (array: Float64Array): Float64Array => {
      const larger = new Float64Array(Math.min(MAX_EXAMPLES, array.length * 2))
      larger.set(array)
      return larger
    }
    this.#truth = grown(this.#truth)
    this.#predicted = grown(this.#predicted)
    this.#loss = grown(this.#loss)
  }
}
