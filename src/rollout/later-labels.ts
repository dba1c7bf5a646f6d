import { type Fraction, formatPercent } from '../core/index.ts'
import { meanInterval, type Proportion, rateOf, valuesOf } from '../evaluate/index.ts'

/** What labels say of two versions that answered one after the other: wrong answers of those labelled. */
export interface LaterLabels {
  readonly live: Proportion
  /** Of the version that served before, and is kept. */
  readonly before: Proportion
}

/** Who asks for a return that labels ask for. */
export const LATER_LABELS = 'labels that came later'

/**
 * Why labels ask for the version before; undefined where they do not. Harm alone: the live version is wrong more often
 * by more than the margin, and no number of labels makes anything of what is within it.
 *
 * Both answered at different times, so no coin dealt a request to either, and their rates are bounded apart: with
 * half of the budget each, by intervals that hold however often one looks. Harmful is a lower bound of the one beyond
 * the upper bound of the other and the margin (Podkopaev and Ramdas, ICLR 2022).
 */
export function harmIn(
  { live, before }: LaterLabels,
  { margin, confidence }: { readonly margin: Fraction; readonly confidence: Fraction },
): string | undefined {
  const alpha = (1 - confidence) / 2
  const [least] = meanInterval(valuesOf(live), { low: alpha, high: alpha })
  const [, most] = meanInterval(valuesOf(before), { low: alpha, high: alpha })
  if (least - most <= margin) return undefined
  const told = (rate: Proportion): string =>
    `${formatPercent(rateOf(rate))} of ${rate.total.toLocaleString('en')}`
  return `wrong by labels ${told(live)}, and ${told(before)} before it: more by ${formatPercent(least - most)} at least, allowed < ${formatPercent(margin)}`
}
