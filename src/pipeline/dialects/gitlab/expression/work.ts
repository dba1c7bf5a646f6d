/** Steps of 3 ns: about a second for all conditions of a pipeline, which real ones use a thousandth of. */
const MAX_STEPS = 300_000_000

/**
 * What compiling and matching patterns may cost, together, for one pipeline: each pattern is bounded, and a file can
 * have thousands. Once it is spent no pattern is tried, and `exhausted` says so.
 */
export class Work {
  private left: number

  constructor(steps = MAX_STEPS) {
    this.left = steps
  }

  get exhausted(): boolean {
    return this.left < 0
  }

  /** False: no longer. */
  spend(steps: number): boolean {
    if (this.left >= 0) this.left -= steps
    return this.left >= 0
  }
}
