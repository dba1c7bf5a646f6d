import type { Instant, Milliseconds } from '../../core/index.ts'
import {
  type Evidence,
  type EvidenceOf,
  type MetricKind,
  nextStep,
  noEvidence,
  observe,
} from '../evidence/index.ts'
import { askedOf, type Canary, isShadow, policyAt } from './policy.ts'
import { since, sourceOf } from './sources.ts'
import type { Present, RolloutEvidence, Watched } from './types.ts'

/** A look of as many requests in each arm is one; fewer are one after a while, so that little traffic decides too. */
const ENOUGH = 20
const A_WHILE: Milliseconds = 1000
/** A look adds at least this part to what was looked at: busy services' looks don't come with every report. */
const LEAST_PART = 0.01
/** Slow requests are compared with a threshold of the first look, and one pause must not be most of what it saw. */
const FIRST_LATENCIES = 50

/**
 * The evidence with what was counted since the looks before; the same object where no look was due. Pure. The same
 * counts again add nothing, nor do counts that fell. At another step than before, passing starts anew; what came
 * after the last look of the step before is left out: fewer requests than a look, or of a second.
 */
export function looked(
  before: RolloutEvidence | undefined,
  canary: Canary,
  step: number,
  present: Present,
  now: Instant,
): RolloutEvidence {
  const state = stateAt(before, canary, step, now)
  let { watched, evidence } = state
  for (const [i, watch] of state.watched.entries()) {
    if (watch.source === 'latency' && isShadow(canary, step)) continue
    const source = sourceOf(watch.source)
    const { more, counted } = since(source.counted(present), watch.counted)
    if (!isDue(watch, source.size(more), canary, now)) continue
    const seen = observe<MetricKind>(
      state.policy.metrics[i]!,
      evidence[i]! as EvidenceOf<MetricKind>,
      source.look(more),
    ) as Evidence
    watched = watched.with(i, { ...watch, counted, looks: watch.looks + 1, lookedAt: now })
    evidence = evidence.with(i, seen)
  }
  if (state === before && watched === state.watched) return state
  return { ...state, watched, evidence, changes: state.changes + 1 }
}

function stateAt(
  before: RolloutEvidence | undefined,
  canary: Canary,
  step: number,
  now: Instant,
): RolloutEvidence {
  if (before === undefined) return nothingSeen(canary, step, now)
  return before.step === step ? before : atStep(before, canary, step, now)
}

function isDue(
  { source, counted, looks, lookedAt }: Watched,
  size: number,
  { analysis }: Canary,
  now: Instant,
): boolean {
  if (size === 0) return false
  if (source === 'latency' && looks === 0) return size >= Math.min(analysis.minRequests, FIRST_LATENCIES)
  if (now - lookedAt >= A_WHILE) return true
  const { size: sizeOf } = sourceOf(source)
  const before = counted.reduce((sum, [, tallies]) => sum + sizeOf(tallies), 0)
  return size >= Math.max(ENOUGH, LEAST_PART * before)
}

function nothingSeen(canary: Canary, step: number, now: Instant): RolloutEvidence {
  const asked = askedOf(canary)
  return {
    step,
    policy: policyAt(canary, step),
    watched: asked.map(({ source }) => ({ source, counted: [], looks: 0, lookedAt: now })),
    evidence: asked.map(({ metric }) => noEvidence(metric.kind) as Evidence),
    changes: 0,
  }
}

/**
 * Requests are counted anew at each step. Labels are counted for the whole rollout: whether an answer is right does not
 * depend on how much traffic there is, so they go on, unless canary and baseline no longer share alike.
 */
function atStep(before: RolloutEvidence, canary: Canary, step: number, now: Instant): RolloutEvidence {
  const anew = before.watched.map(({ source }) => source !== 'labels' && source !== 'label-pairs')
  return {
    ...before,
    step,
    policy: { ...before.policy, required: policyAt(canary, step).required ?? [] },
    watched: before.watched.map((watch, i) =>
      anew[i] ? { ...watch, counted: [], looks: 0, lookedAt: now } : watch,
    ),
    evidence: before.evidence.map((each, i) =>
      anew[i] ? (nextStep<MetricKind>(each as EvidenceOf<MetricKind>) as Evidence) : each,
    ),
  }
}
