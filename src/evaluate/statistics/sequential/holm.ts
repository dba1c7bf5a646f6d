/**
 * Which of several hypotheses are rejected so that any true one is rejected with probability at most `alpha`,
 * however they depend on each other (Holm 1979, "A simple sequentially rejective multiple test procedure"). With
 * p = 1 / E of e-processes it holds at every look: rejections only ever become more.
 *
 *   holm([0.01, 0.04, 0.03], 0.05)   [true, false, false]
 */
export function holm(pValues: readonly number[], alpha: number): readonly boolean[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p)
  const rejected = new Array<boolean>(pValues.length).fill(false)
  for (const [rank, { p, index }] of order.entries()) {
    if (!(p <= alpha / (pValues.length - rank))) break
    rejected[index] = true
  }
  return rejected
}

/** The anytime-valid p-value of evidence in nats: 1 / E, at most 1 (Vovk & Wang 2021). */
export function pValueOf(nats: number): number {
  return Math.min(1, Math.exp(-nats))
}
