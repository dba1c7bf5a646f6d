import type { Instant } from '../../core/index.ts'
import type { EvidenceDecision } from '../evidence/index.ts'

/** One look, as it is drawn: parts of what would decide alone. */
export interface CurvePoint {
  /** How many points came before it, those that are gone among them. */
  readonly index: number
  readonly at: Instant
  readonly step: number
  readonly canaryRequests: number
  readonly spent: number
  readonly metrics: readonly { readonly metric: string; readonly harm: number; readonly pass: number }[]
}

/** Some hundred points draw a line; all are written with every look. */
const MAX_POINTS = 120

/** The curve with one point more. When it is full every other point goes, and one of so many stays from then on. */
export function withPoint(
  curve: readonly CurvePoint[],
  point: Omit<CurvePoint, 'index'>,
): readonly CurvePoint[] {
  const index = (curve.at(-1)?.index ?? -1) + 1
  let every = 1
  while (index / every >= MAX_POINTS) every *= 2
  return [...curve.filter(({ index }) => index % every === 0), { index, ...point }]
}

export function pointOf(
  decision: EvidenceDecision,
  place: Pick<CurvePoint, 'at' | 'step' | 'canaryRequests'>,
): Omit<CurvePoint, 'index'> {
  return {
    ...place,
    spent: rounded(decision.spent),
    metrics: decision.metrics.map(({ metric, harm, harmNeeded, pass, passNeeded }) => ({
      metric,
      harm: rounded(harm / harmNeeded),
      pass: rounded(pass / passNeeded),
    })),
  }
}

/** To be drawn. */
function rounded(part: number): number {
  return Math.round(part * 1000) / 1000
}
