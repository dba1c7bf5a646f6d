/** Evidence of one metric, in nats, and the part of the budget that it got. */
export interface Holding {
  readonly nats: number
  readonly weight: number
}

/**
 * The evidence of several metrics against "none of them is harmful", as one, in nats: ln of the weighted mean of
 * their e-values, which is an e-value however they depend on each other, and the only admissible way to merge such
 * (Vovk & Wang 2021, "E-values: calibration, combination and applications", Annals of Statistics 49:1736). It is
 * never less than Bonferroni's best metric at its own part of the budget (ln w + nats), and more where several
 * metrics see the same harm: so it decides no later, at the same price.
 */
export function portfolioEvidence(holdings: readonly Holding[]): number {
  const weights = holdings.reduce((sum, { weight }) => sum + weight, 0)
  if (weights === 0) return 0
  const most = holdings.reduce((max, { nats }) => Math.max(max, nats), Number.NEGATIVE_INFINITY)
  const sum = holdings.reduce((all, { nats, weight }) => all + (weight / weights) * Math.exp(nats - most), 0)
  return most + Math.log(sum)
}

/**
 * The part of a budget α that evidence in nats has used up: α·E, 1 where it decides. It may shrink again: what counts
 * is whether it ever reaches 1.
 */
export function spentOf(nats: number, alpha: number): number {
  return Math.min(1, alpha * Math.exp(nats))
}
