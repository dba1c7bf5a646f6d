import { type Dispersion, inflationOf, NO_DISPERSION, withLook } from '../../evaluate/index.ts'
import { meanJudge, rateJudge } from './arms.ts'
import { distributionJudge } from './distribution.ts'
import type { Figures, Judge, Levels } from './judge.ts'
import { pairedJudge } from './paired.ts'
import { quantileJudge } from './quantile.ts'
import { shareJudge } from './share.ts'
import type { EvidenceOf, LookOf, MetricKind, MetricOf } from './types.ts'

const JUDGES: { readonly [Kind in MetricKind]: Judge<Kind> } = {
  rate: rateJudge,
  mean: meanJudge,
  quantile: quantileJudge,
  paired: pairedJudge,
  share: shareJudge,
  distribution: distributionJudge,
}

export function noEvidence<Kind extends MetricKind>(kind: Kind): EvidenceOf<Kind> {
  return { kind, dispersion: [], earlier: [] }
}

/** One look more: what was counted since the look before. */
export function observe<Kind extends MetricKind>(
  metric: MetricOf<Kind>,
  evidence: EvidenceOf<Kind>,
  look: LookOf[Kind],
): EvidenceOf<Kind> {
  const { earlier, present } = evidence
  const { tally, surpluses } = judgeOf<Kind>(evidence.kind).add(metric, present, look, earlier.at(-1))
  const categories = Math.max(surpluses.length, evidence.dispersion.length)
  const dispersion = Array.from({ length: categories }, (_, i): Dispersion => {
    const before = evidence.dispersion[i] ?? NO_DISPERSION
    const surplus = surpluses[i]
    return surplus ? withLook(before, surplus) : before
  })
  return { ...evidence, dispersion, present: tally }
}

/** A step of other shares begins: what was seen still speaks for harm, but passing starts anew. */
export function nextStep<Kind extends MetricKind>(evidence: EvidenceOf<Kind>): EvidenceOf<Kind> {
  const { present, ...rest } = evidence
  if (present === undefined) return evidence
  const steps = [...evidence.earlier, present]
  return { ...rest, earlier: judgeOf<Kind>(evidence.kind).ended?.(steps) ?? steps }
}

/** Nats that the canary is worse by more than the tolerance, over all steps. */
export function harmOf<Kind extends MetricKind>(metric: MetricOf<Kind>, evidence: EvidenceOf<Kind>): number {
  const steps = stepsOf(evidence)
  return steps.length === 0 ? 0 : judgeOf<Kind>(evidence.kind).harm(metric, steps, inflation(evidence))
}

/** Nats that the canary is not worse by the margin, in this step. No data is no evidence. */
export function passOf<Kind extends MetricKind>(metric: MetricOf<Kind>, evidence: EvidenceOf<Kind>): number {
  const { present, kind } = evidence
  return present === undefined ? 0 : judgeOf<Kind>(kind).pass(metric, present, inflation(evidence))
}

/** `harmOf` after so many more outcomes in each arm, if they come as those of this step did. */
export function harmAhead<Kind extends MetricKind>(
  metric: MetricOf<Kind>,
  evidence: EvidenceOf<Kind>,
  more: number,
): number {
  const judge = judgeOf<Kind>(evidence.kind)
  const steps = [...evidence.earlier, judge.ahead(metric, evidence.present, more)]
  return judge.harm(metric, steps, inflation(evidence))
}

/** `passOf` likewise. */
export function passAhead<Kind extends MetricKind>(
  metric: MetricOf<Kind>,
  evidence: EvidenceOf<Kind>,
  more: number,
): number {
  const judge = judgeOf<Kind>(evidence.kind)
  return judge.pass(metric, judge.ahead(metric, evidence.present, more), inflation(evidence))
}

export function figuresOf<Kind extends MetricKind>(
  metric: MetricOf<Kind>,
  evidence: EvidenceOf<Kind>,
  levels: Levels,
): Figures {
  return judgeOf<Kind>(evidence.kind).figures(metric, stepsOf(evidence), inflation(evidence), levels)
}

/** How much less the evidence counts for being clustered; of a distribution, the mean over its categories. */
export function inflation({ dispersion }: EvidenceOf<MetricKind>): number {
  if (dispersion.length === 0) return 1
  return dispersion.reduce((sum, each) => sum + inflationOf(each), 0) / dispersion.length
}

function stepsOf<Kind extends MetricKind>({ earlier, present }: EvidenceOf<Kind>) {
  return present === undefined ? earlier : [...earlier, present]
}

function judgeOf<Kind extends MetricKind>(kind: Kind): Judge<Kind> {
  return JUDGES[kind]
}
