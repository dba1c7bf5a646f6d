import { seededRandom } from '../../evaluate/index.ts'

/** Above this mean a Poisson number is the sum of two of half the mean: e^−mean stays far from the smallest float. */
const POISSON_SPLIT = 60
/** Below this rate events are found by the gaps between them, not one request at a time. */
const RARE = 0.15

/** Random numbers of the kinds that a simulation needs; the same seed gives the same ones. */
export class Draws {
  readonly uniform: () => number
  #spareNormal: number | undefined

  constructor(seed: number) {
    this.uniform = seededRandom(seed)
  }

  /** Standard normal (Box & Muller 1958). */
  normal(): number {
    const spare = this.#spareNormal
    if (spare !== undefined) {
      this.#spareNormal = undefined
      return spare
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.#spareNormal = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform())
  }

  poisson(mean: number): number {
    if (mean <= 0) return 0
    if (mean > POISSON_SPLIT) return this.poisson(mean / 2) + this.poisson(mean / 2)
    const limit = Math.exp(-mean)
    let count = -1
    for (let product = 1; product > limit; count++) product *= this.uniform()
    return count
  }

  binomial(total: number, rate: number): number {
    if (rate <= 0 || total <= 0) return 0
    if (rate > 0.5) return total - this.binomial(total, 1 - rate)
    let count = 0
    if (rate > RARE) {
      for (let i = 0; i < total; i++) if (this.uniform() < rate) count++
      return count
    }
    const gap = 1 / Math.log1p(-rate)
    for (let at = 0; ; count++) {
      at += Math.floor(Math.log(1 - this.uniform()) * gap) + 1
      if (at > total) return count
    }
  }

  /** 1, 2, 3 … with the given mean. */
  geometric(mean: number): number {
    return mean <= 1 ? 1 : 1 + Math.floor(Math.log(1 - this.uniform()) / Math.log1p(-1 / mean))
  }

  /** How many of `total` fall into each of the parts, which sum to one. */
  multinomial(total: number, parts: readonly number[]): readonly number[] {
    let [left, rest] = [total, 1]
    return parts.map((part, i) => {
      const count = i === parts.length - 1 ? left : this.binomial(left, Math.min(1, part / rest))
      left -= count
      rest -= part
      return count
    })
  }
}
