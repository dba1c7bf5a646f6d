import { BUCKETS } from '../layout.ts'
import { addTo, countsIn } from './counts.ts'
import { Sums } from './sums.ts'
import type { Moments } from './types.ts'

/** Adds up the moments of several streams, as if they were one behind the other. */
export class MomentsTotal {
  readonly #sums: Sums = new Sums()
  readonly #buckets: Float64Array = new Float64Array(BUCKETS)

  add(moments: Moments): void {
    const sums = this.#sums
    const { finite, mean, std, min, max, buckets } = moments
    if (finite > 0) {
      sums.mergeMoments(finite, mean, std * std * finite)
      sums.min = Math.min(sums.min, min)
      sums.max = Math.max(sums.max, max)
      addTo(this.#buckets, buckets)
    }
    sums.zeros += moments.zeros
    sums.nans += moments.nans
    sums.positiveInfinities += moments.positiveInfinities
    sums.negativeInfinities += moments.negativeInfinities
  }

  get moments(): Moments {
    return this.#sums.moments(countsIn(this.#buckets))
  }
}
