/** One rollout under every rule at once: the same stream for all of them. */
import { evidenceRule, SimulatedStream, type StreamKind, type StreamLook } from '../../src/rollout/index.ts'
import { CONFIDENCES, KayentaRun } from './peers/kayenta.ts'
import { measure, seenByPeers } from './peers/measure.ts'
import { LIMITS, ThresholdRun } from './peers/thresholds.ts'
import { MISSES, STRETCHES, tunedThresholds } from './peers/tuned.ts'
import { type Harm, JUDGED, LOOKS, scenarioOf } from './scenarios.ts'

export interface RuleName {
  readonly family: 'Ballast' | 'Argo Rollouts' | 'Flagger' | 'Kayenta'
  readonly settings: string
  /** As its documentation shows it, not tuned. */
  readonly documented: boolean
}

/** Requests that the canary answered until each rule, in the order of RULES, rolled it back. */
export type Ends = readonly (number | undefined)[]

const CONFIDENCE = 0.95
/** Kayenta judges so many times in a rollout. */
const JUDGEMENTS = 10
const peers = seenByPeers(scenarioOf('none'))
const named = (names: Readonly<Record<string, number>>): readonly number[] =>
  peers.map(i => names[scenarioOf('none').metrics[i]!.metric.name] ?? Number.POSITIVE_INFINITY)

/** A success rate of 95 % or 99 %, and of 99 % with a 99th percentile below 500 ms (as a bucket of 2 %: far away). */
const DOCUMENTED = [
  { settings: 'success ≥ 95 %, failureLimit 3', thresholds: named({ errors: 0.05 }), limit: 3, of: 'argo' },
  { settings: 'success ≥ 99 %, failureLimit 0', thresholds: named({ errors: 0.01 }), limit: 0, of: 'argo' },
  { settings: 'success ≥ 99 %, threshold 5', thresholds: named({ errors: 0.01 }), limit: 4, of: 'flagger' },
] as const

export const RULES: readonly RuleName[] = [
  { family: 'Ballast', settings: 'evidence, 95 %', documented: true },
  ...DOCUMENTED.map(
    ({ settings, of }): RuleName => ({
      family: of === 'argo' ? 'Argo Rollouts' : 'Flagger',
      settings,
      documented: true,
    }),
  ),
  ...STRETCHES.flatMap(stretch =>
    MISSES.flatMap(part =>
      (['Argo Rollouts', 'Flagger'] as const).flatMap(family =>
        LIMITS.map(
          (limit): RuleName => ({
            family,
            settings: `${100 * part} % miss, ${stretch} looks each, ${limit} let go by`,
            documented: false,
          }),
        ),
      ),
    ),
  ),
  ...(['score', 'critical'] as const).flatMap(by =>
    CONFIDENCES.map(
      (confidence): RuleName => ({
        family: 'Kayenta',
        settings: `${100 * confidence} %, ${by === 'score' ? 'by score' : 'each metric critical'}`,
        documented: confidence === 0.98,
      }),
    ),
  ),
]

let tuned: readonly (readonly (readonly number[])[])[] | undefined

export function runOnce(harm: Harm, kind: StreamKind, seed: number, withPeers: boolean): Ends {
  const scenario = scenarioOf(harm)
  const stream = new SimulatedStream(scenario, kind, seed)
  const policy = {
    metrics: scenario.metrics.slice(0, JUDGED).map(({ metric }) => metric),
    confidence: CONFIDENCE,
  }
  const rule = evidenceRule(policy)
  if (withPeers) tuned ??= STRETCHES.map(tunedThresholds)
  const fixed = DOCUMENTED.map(({ thresholds }) => new ThresholdRun(thresholds))
  const grid = (tuned ?? []).map(levels => levels.map(thresholds => new ThresholdRun(thresholds)))
  const kayenta = new KayentaRun(peers.length)
  const requests: number[] = [0]
  const seen: StreamLook[] = []
  let ours: number | undefined
  for (let look = 1; look <= LOOKS; look++) {
    const next = stream.next()
    seen.push(next)
    requests.push(requests.at(-1)! + next.canaryRequests)
    if (ours === undefined && rule.look(next) === 'failed') ours = look
    if (!withPeers) {
      if (ours !== undefined) break
      continue
    }
    const measured = measure([next], peers)
    for (const run of fixed) run.add(measured, look)
    for (const [i, stretch] of STRETCHES.entries()) {
      if (look % stretch !== 0) continue
      const stretched = stretch === 1 ? measured : measure(seen.slice(-stretch), peers)
      for (const run of grid[i]!) run.add(stretched, look)
    }
    kayenta.add(measured)
    if (look % (LOOKS / JUDGEMENTS) === 0) kayenta.judge(look, look === LOOKS)
  }
  const ends: readonly (number | undefined)[] = [
    ours,
    ...(withPeers
      ? [
          ...fixed.map((run, i) => run[DOCUMENTED[i]!.of][LIMITS.indexOf(DOCUMENTED[i]!.limit)]),
          ...grid.flatMap(levels => levels.flatMap(run => [...run.argo, ...run.flagger])),
          ...kayenta.byScore,
          ...kayenta.critical,
        ]
      : []),
  ]
  return ends.map(look => (look === undefined ? undefined : requests[look]!))
}
