/**
 * Kayenta's default judge (Spinnaker's documentation, "How canary judgment works"): the series of the canary and of its
 * baseline are compared by a Mann-Whitney U test, by which a metric is High where the canary is greater at the given
 * confidence (98 %). The score is the part of the metrics that pass. Judged at every interval over all that was seen: a
 * score below `marginal` (75), or one critical metric that is High, fails the canary at once; at the end a score below
 * `pass` (95) does. Metrics without data are left out.
 */
import type { Measurement } from './measure.ts'

export const CONFIDENCES = [0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999] as const
/** Two-sided normal quantiles of them. */
const Z = [2.3263, 2.5758, 2.807, 3.0902, 3.2905, 3.4808, 3.8906] as const
const MARGINAL = 75
const PASS = 95

export class KayentaRun {
  readonly #canary: number[][]
  readonly #baseline: number[][]
  /** When it failed, in looks, by confidence: by the score, and where each metric is critical. */
  readonly byScore: (number | undefined)[] = CONFIDENCES.map(() => undefined)
  readonly critical: (number | undefined)[] = CONFIDENCES.map(() => undefined)

  constructor(metrics: number) {
    this.#canary = Array.from({ length: metrics }, () => [])
    this.#baseline = Array.from({ length: metrics }, () => [])
  }

  add(measured: readonly Measurement[]): void {
    for (const [i, { canary, baseline }] of measured.entries()) {
      if (canary !== undefined) this.#canary[i]!.push(canary)
      if (baseline !== undefined) this.#baseline[i]!.push(baseline)
    }
  }

  judge(look: number, last: boolean): void {
    const scores = this.#canary.flatMap((canary, i) =>
      canary.length > 0 && this.#baseline[i]!.length > 0 ? [mannWhitney(canary, this.#baseline[i]!)] : [],
    )
    for (const [i, z] of Z.entries()) {
      const high = scores.filter(score => score > z).length
      const score = (100 * (scores.length - high)) / scores.length
      if (high > 0) this.critical[i] ??= look
      if (score < (last ? PASS : MARGINAL)) this.byScore[i] ??= look
    }
  }
}

/** The standardised U statistic of a over b, with ties (Mann & Whitney 1947; normal approximation). */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const all = [
    ...a.map(value => ({ value, first: true })),
    ...b.map(value => ({ value, first: false })),
  ].sort((x, y) => x.value - y.value)
  let [ranks, ties] = [0, 0]
  for (let from = 0; from < all.length; ) {
    let to = from
    while (to < all.length && all[to]!.value === all[from]!.value) to++
    const rank = (from + to + 1) / 2
    for (let i = from; i < to; i++) if (all[i]!.first) ranks += rank
    ties += (to - from) ** 3 - (to - from)
    from = to
  }
  const [n, m, total] = [a.length, b.length, all.length]
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)))
  return variance > 0 ? (ranks - (n * (n + 1)) / 2 - (n * m) / 2) / Math.sqrt(variance) : 0
}
