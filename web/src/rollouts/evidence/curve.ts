import type { RolloutView } from '../../../../src/api/views.ts'
import type { ChartMark, Look } from './chart-geometry.ts'

type Curve = RolloutView['curve']

/** Nothing where no request has been seen: zero is what there was before, and no evidence. */
export function seenIn(curve: Curve): Curve {
  return curve.some(({ canaryRequests }) => canaryRequests > 0) ? curve : []
}

/** The two lines of a metric: what speaks for harm, and what shows that it is no worse than allowed. */
export function metricLines(
  curve: Curve,
  metric: string,
): { readonly harm: readonly Look[]; readonly pass: readonly Look[] } {
  const looks = curve.flatMap(({ at, metrics }) =>
    metrics
      .filter(each => each.metric === metric)
      .map(({ harm, pass }) => ({ at: Date.parse(at), harm, pass })),
  )
  return {
    harm: looks.map(({ at, harm }) => ({ at, value: harm })),
    pass: looks.map(({ at, pass }) => ({ at, value: pass })),
  }
}

/** The part of the budget that was used, look by look. */
export function spentLine(curve: Curve): readonly Look[] {
  return curve.map(({ at, spent }) => ({ at: Date.parse(at), value: spent }))
}

/** Where each step's first look stands. */
export function stepMarks(curve: Curve, textOf: (step: number) => string): readonly ChartMark[] {
  return curve
    .filter(({ step }, i) => step !== curve[i - 1]?.step)
    .map(({ at, step }) => ({ at: Date.parse(at), text: textOf(step) }))
}

/** Of what decides nobody needs more than whole percents; they would flicker. */
export function lastOf(looks: readonly Look[]): number {
  return Math.round((looks.at(-1)?.value ?? 0) * 100) / 100
}
