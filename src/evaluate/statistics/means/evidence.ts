import type { Side } from '../difference.ts'
import { normalCdf } from '../special.ts'
import type { MeanDifference } from './compare.ts'

/**
 * How strongly a difference of means speaks against being at most (`worse`) or at least (`better`) `bound`, in nats, at
 * any look: the one-sided normal mixture over effects of about `effect` (Howard, Ramdas, McAuliffe & Sekhon 2021,
 * proposition 6), for values of which only sums are known. Its guarantee is that of large samples (Waudby-Smith, Arbour,
 * Sinha, Kennedy & Ramdas 2024, "Time-uniform central limit theory and asymptotic confidence sequences", Annals of
 * Statistics 52:2613); rates have an exact one, `armsEvidence`.
 */
export function meanDifferenceEvidence(
  { difference, error }: MeanDifference,
  bound: number,
  side: Side,
  effect: number,
): number {
  if (!(error > 0)) return 0
  const information = 1 / error ** 2
  const surplus = (side === 'worse' ? difference - bound : bound - difference) * information
  const spread = information + 1 / effect ** 2
  return (
    Math.log(2 * Math.max(Number.MIN_VALUE, normalCdf(surplus / Math.sqrt(spread)))) -
    0.5 * Math.log(spread * effect ** 2) +
    surplus ** 2 / (2 * spread)
  )
}
