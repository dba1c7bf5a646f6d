import type { RolloutView } from '../../api/index.ts'
import { type Closure, formatWindow, isoOf } from '../../core/index.ts'
import type { CurvePoint, StoredRollout, Strategy } from '../../rollout/index.ts'
import type { Stores } from '../../storage/index.ts'
import { approverOf } from '../pipelines/approval.ts'
import type { Services } from '../services.ts'
import { isoOrNull } from './times.ts'

/** `in a list`: without its curve, which may have some hundred points. */
export async function rolloutViewOf(
  { plane, traffic, rollouts }: Services,
  rollout: StoredRollout,
  shown: 'alone' | 'in a list' = 'alone',
): Promise<RolloutView> {
  const { stores } = plane
  const candidate = await stores.versions.byId(rollout.candidate)
  const stable = rollout.stable ? await stores.versions.byId(rollout.stable) : undefined
  const job = rollout.job ? await stores.pipelines.job(rollout.job) : undefined
  const pipeline = job ? await stores.pipelines.pipeline(job.pipeline) : undefined
  const history = await stores.rollouts.history(rollout.id)
  const analysis = rollouts.analysisOf(rollout.id) ?? history.findLast(change => change.analysis)?.analysis
  const closure = await rollouts.closureOf(rollout)
  const { override, pause } = rollout
  return {
    id: rollout.id,
    model: rollout.model,
    environment: rollout.environment,
    candidate: { id: rollout.candidate, number: candidate?.number ?? 0 },
    stable: stable ? { id: stable.id, number: stable.number } : null,
    strategy: rollout.strategy.kind,
    steps:
      rollout.strategy.kind === 'canary'
        ? stepViewsOf(rollout.strategy)
        : rollout.strategy.kind === 'ab'
          ? [{ weight: rollout.strategy.split, holdMs: 0 }]
          : [],
    phase: rollout.phase,
    step: rollout.step,
    weight: rollout.weight,
    reason: rollouts.holdingReason(rollout.id) ?? rollout.reason ?? null,
    closure: closure ? closureViewOf(closure) : null,
    approvedBy: (rollout.job && (await approverOf(plane, rollout.candidate, rollout.job))) ?? null,
    override: override ? { by: override.by, at: isoOf(override.at), reason: override.reason ?? null } : null,
    paused: pause
      ? { by: pause.by, at: isoOf(pause.at), reason: pause.reason ?? null, until: isoOrNull(pause.until) }
      : null,
    from: [...(rollout.from ?? [])],
    by: rollout.by,
    pipeline: pipeline ? { id: pipeline.id, number: pipeline.number } : null,
    analysis: analysis
      ? {
          ...analysis,
          metrics: analysis.metrics.map(metric => ({
            ...metric,
            interval: [finite(metric.interval[0]), finite(metric.interval[1])] as [number, number],
          })),
        }
      : null,
    curve: shown === 'alone' ? await curveOf(stores, rollout) : [],
    trafficPerSecond: traffic.figures(rollout.model, rollout.environment, plane.clock.now())
      .requestsPerSecond,
    history: history.map(({ at, phase, step, weight, reason }) => ({
      at: isoOf(at),
      phase,
      step,
      weight,
      reason,
    })),
    createdAt: isoOf(rollout.createdAt),
    endedAt: isoOrNull(rollout.endedAt),
  }
}

function stepViewsOf({ steps, waves }: Extract<Strategy, { kind: 'canary' }>): RolloutView['steps'] {
  return steps.map(({ hold: holdMs, wave, ...step }) => {
    const regions = wave === undefined ? undefined : waves?.[wave]
    return { ...step, holdMs, ...(regions && { regions: [...regions] }) }
  })
}

async function curveOf({ rollouts }: Stores, { id }: StoredRollout): Promise<RolloutView['curve']> {
  return (await rollouts.evidence(id))?.curve.map(curveViewOf) ?? []
}

function curveViewOf({ at, step, canaryRequests, spent, metrics }: CurvePoint): RolloutView['curve'][number] {
  return { at: isoOf(at), step, canaryRequests, spent, metrics: metrics.map(metric => ({ ...metric })) }
}

function closureViewOf({ kind, window, until }: Closure): NonNullable<RolloutView['closure']> {
  return { kind, window: formatWindow(window), until: isoOrNull(until) }
}

/** JSON has no infinity; an interval that reaches there is drawn to the edge. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Math.sign(value) * Number.MAX_VALUE
}
