import { logAddExp, logBeta } from '../special.ts'

/** How much alike the arms are expected to be where they differ, as if so many answers of a category were seen. */
const CONCENTRATIONS = [8, 40, 200] as const

/**
 * How strongly two arms speak against answering with the same distribution over categories, in nats: ln of an
 * e-process. A sequential Dirichlet-multinomial two-sample test, conditional on each category's total: if the
 * version changes no answer, each of its answers fell to the candidate by the coin of the split, with probability π.
 * Against it, a beta prior about π for each category (Lindon & Malek, arXiv 2011.03567, "Anytime-valid inference for
 * multinomial count data", with arm and category in each other's places). Bursts and trends of the inputs that reach
 * both arms cancel. Which differences are harmful it cannot say: any is one.
 */
export function distributionEvidence(
  candidate: readonly number[],
  reference: readonly number[],
  inflation: number = 1,
): number {
  const [n, m] = [total(candidate), total(reference)]
  if (n === 0 || m === 0) return 0
  const share = n / (n + m)
  const logs = CONCENTRATIONS.map(concentration => {
    const [a, b] = [share * concentration, (1 - share) * concentration]
    const prior = logBeta(a, b)
    let log = 0
    for (let category = 0; category < Math.max(candidate.length, reference.length); category++) {
      const [x, y] = [candidate[category] ?? 0, reference[category] ?? 0]
      if (x + y > 0) log += logBeta(a + x, b + y) - prior - x * Math.log(share) - y * Math.log1p(-share)
    }
    return log / inflation - Math.log(CONCENTRATIONS.length)
  })
  return logs.reduce(logAddExp, Number.NEGATIVE_INFINITY)
}

/** Half the sum of the differences of shares: 0 for the same distribution, 1 for none in common. 0 of nothing. */
export function totalVariation(candidate: readonly number[], reference: readonly number[]): number {
  const [n, m] = [total(candidate), total(reference)]
  if (n === 0 || m === 0) return 0
  let sum = 0
  for (let i = 0; i < Math.max(candidate.length, reference.length); i++)
    sum += Math.abs((candidate[i] ?? 0) / n - (reference[i] ?? 0) / m)
  return sum / 2
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
