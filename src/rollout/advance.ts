import { formatClosure, formatDuration, formatPercent, type Instant } from '../core/index.ts'
import { RolloutError } from './errors.ts'
import { abConclusion, abHolds, abStarted, abWaits } from './experiment/ab-course.ts'
import { banditEnd, banditHolds, banditStarted, reweighed } from './experiment/bandit-course.ts'
import { isExperiment } from './experiment/guardrails.ts'
import { paused, pauseText, resumed } from './pause.ts'
import { shadowOf } from './shadow.ts'
import { hasEnded, ROLLOUT_TRANSITIONS } from './transitions.ts'
import type { Analysis, CanaryStep, Rollout, RolloutEvent, Strategy } from './types.ts'
import { waveBegun } from './waves.ts'

/**
 * Decides the rollout's next state. Pure: performs nothing. Returns the same object where nothing changed.
 *
 *   queued       dequeued                                  -> preparing
 *   preparing    replicas-ready, canary                    -> progressing at step 1
 *   preparing    replicas-ready, all at once or no stable  -> promoted
 *   progressing  analysed passed, hold over, step left     -> progressing at the next step
 *   progressing  analysed passed, hold over, last step     -> promoted
 *   progressing  analysed failed                           -> aborted
 *   progressing  analysed passed, the next step awaits     -> holds, until what it needs is there
 *   progressing  analysed, else                            -> holds, with the reason
 *   queued       superseded                                -> aborted, by which
 *   progressing  concluded                                 -> promoted, aborted, or waits for a person
 *   progressing  reweighed                                 -> progressing at the next step, with its share
 *   progressing  settled                                   -> promoted or aborted
 *   queued       refused                                   -> aborted, why
 *   any running  closed                                    -> holds, until when
 *   any running  override                                  -> no calendar holds it any more, by whom
 *   any running  pause                                     -> stays where it stands, by whom and until when
 *   any running  resume, pause-over                        -> goes on
 *   any running  replicas-failed, abort                    -> aborted
 *   progressing  promote                                   -> promoted, by whom
 *
 * Throws ROLLOUT_EVENT_ILLEGAL for what the phase does not know and ROLLOUT_ENDED for a person's late word.
 * A paused rollout still ends: by a failed analysis or replica, and by a person's promote or abort.
 * Machines' reports about an ended rollout, and an analysis of another step than the present, are ignored.
 */
export function advance(rollout: Rollout, event: RolloutEvent, now: Instant): Rollout {
  const allowed = ROLLOUT_TRANSITIONS[rollout.phase][event.kind]
  if (allowed === undefined) throw refused(rollout, event)
  if (allowed === 'ignored') return rollout
  switch (event.kind) {
    case 'dequeued':
      return rollout.pause ? held(rollout, pauseText(rollout.pause)) : prepared(rollout, event, now)
    case 'replicas-ready':
      return rollout.pause ? held(rollout, pauseText(rollout.pause)) : started(rollout, now)
    case 'replicas-failed':
      return ended(rollout, 'aborted', `The replicas did not hold: ${event.reason}`, now)
    case 'analysed':
      return event.step !== undefined && event.step !== rollout.step ? rollout : judged(rollout, event, now)
    case 'concluded':
      return concluded(rollout, event, now)
    case 'reweighed':
      return event.step === rollout.step && !rollout.pause
        ? reweighed(rollout, event.share, event.analysis, now)
        : rollout
    case 'settled':
      return settled(rollout, event, now)
    case 'closed':
      return rollout.override ? rollout : held(rollout, `Waits: ${formatClosure(event.closure)}`)
    case 'superseded':
      return {
        ...ended(rollout, 'aborted', 'Superseded: a newer version came while it waited', now),
        supersededBy: event.by,
      }
    case 'refused':
      return ended(rollout, 'aborted', event.reason, now)
    case 'override':
      return overridden(rollout, event, now)
    case 'pause':
      return paused(rollout, event, now)
    case 'resume':
      return resumed(rollout, `Resumed by ${event.by}${event.reason ? `: ${event.reason}` : ''}`)
    case 'pause-over':
      return resumed(rollout, 'Resumed: the time of its pause is over')
    case 'promote':
      return ended(
        rollout,
        'promoted',
        `Promoted by ${event.by} ${placeOf(rollout)}${withoutVerdict(rollout)}${because(event.reason)}`,
        now,
      )
    case 'abort':
      return ended(rollout, 'aborted', `Aborted by ${event.by}${because(event.reason)}`, now)
  }
}

function prepared(
  rollout: Rollout,
  event: Extract<RolloutEvent, { kind: 'dequeued' }>,
  now: Instant,
): Rollout {
  const { stable: _asked, ...rest } = rollout
  const stable = event.stable === undefined ? {} : { stable: event.stable }
  return {
    ...rest,
    ...stable,
    phase: 'preparing',
    stepStartedAt: now,
    reason: 'Replicas load, warm up and are checked',
  }
}

function started(rollout: Rollout, now: Instant): Rollout {
  const { strategy, stable } = rollout
  const isFirst = stable === undefined
  if (strategy.kind === 'canary')
    return isFirst
      ? ended(rollout, 'promoted', 'Promoted at once: nothing is in production to compare with', now)
      : atStep(rollout, strategy.steps, 0, 'The replicas are ready', now)
  if (strategy.kind === 'ab' && !isFirst) return abStarted(rollout, strategy, now)
  if (strategy.kind === 'bandit' && !isFirst) return banditStarted(rollout, strategy, now)
  return ended(rollout, 'promoted', atOnce(strategy, isFirst), now)
}

function atOnce(strategy: Exclude<Strategy, { kind: 'canary' }>, isFirst: boolean): string {
  const checked = 'Promoted at once after warm-up and parity check'
  if (strategy.kind === 'immediate') return `${checked}${because(strategy.why)}`
  if (isFirst || isExperiment(strategy)) return checked
  if (strategy.kind === 'recreate')
    return 'Promoted after warm-up and parity check; what served before was ended first'
  return `${checked}; the version before is held for ${formatDuration(strategy.hold)}`
}

function judged(
  rollout: Rollout,
  { analysis, awaits }: Extract<RolloutEvent, { kind: 'analysed' }>,
  now: Instant,
): Rollout {
  const { strategy } = rollout
  const found = findings(analysis)
  if (isExperiment(strategy)) {
    if (analysis.verdict === 'failed') return ended(rollout, 'aborted', found, now)
    return held(rollout, strategy.kind === 'ab' ? abHolds(rollout, analysis) : banditHolds(rollout, analysis))
  }
  if (strategy.kind !== 'canary') return rollout
  if (analysis.verdict === 'failed') return ended(rollout, 'aborted', found, now)
  if (rollout.pause)
    return held(
      rollout,
      `${pauseText(rollout.pause)}; analysis ${analysis.verdict}: ${found}${missing(analysis, rollout)}`,
    )
  if (analysis.verdict !== 'passed')
    return held(rollout, `Holds for evidence: ${found}${missing(analysis, rollout)}`)
  const rest = rollout.stepStartedAt + (strategy.steps[rollout.step]?.hold ?? 0) - now
  if (rest > 0)
    return held(
      rollout,
      `Passed; holds for the ${formatDuration(holdOf(strategy.steps, rollout.step))} of this step`,
    )
  if (awaits !== undefined) return held(rollout, `Passed; ${awaits}`)
  if (rollout.step + 1 >= strategy.steps.length) return ended(rollout, 'promoted', found, now)
  return atStep(rollout, strategy.steps, rollout.step + 1, found, now)
}

function concluded(
  rollout: Rollout,
  { step, analysis }: Extract<RolloutEvent, { kind: 'concluded' }>,
  now: Instant,
): Rollout {
  if (step !== rollout.step || rollout.strategy.kind !== 'ab') return rollout
  const { to, reason } = abConclusion(rollout.strategy, analysis)
  return to === 'waiting' ? abWaits(rollout, reason, now) : ended(rollout, to, reason, now)
}

function settled(
  rollout: Rollout,
  { step, analysis }: Extract<RolloutEvent, { kind: 'settled' }>,
  now: Instant,
): Rollout {
  if (step !== rollout.step || rollout.strategy.kind !== 'bandit') return rollout
  const { to, reason } = banditEnd(analysis)
  return ended(rollout, to, reason, now)
}

function holdOf(steps: readonly CanaryStep[], step: number): number {
  return steps[step]?.hold ?? 0
}

function atStep(
  rollout: Rollout,
  steps: readonly CanaryStep[],
  step: number,
  reason: string,
  now: Instant,
): Rollout {
  const wave = waveBegun({ ...rollout, step })
  return {
    ...rollout,
    phase: 'progressing',
    step,
    weight: steps[step]!.weight,
    stepStartedAt: now,
    reason: wave === undefined ? reason : `${wave}; ${reason}`,
  }
}

function because(reason: string | undefined): string {
  return reason ? `: ${reason}` : ''
}

function held(rollout: Rollout, reason: string): Rollout {
  return rollout.reason === reason ? rollout : { ...rollout, reason }
}

function overridden(
  rollout: Rollout,
  { by, reason }: Extract<RolloutEvent, { kind: 'override' }>,
  now: Instant,
): Rollout {
  return {
    ...rollout,
    override: { by, at: now, ...(reason && { reason }) },
    reason: `Freed from its calendars by ${by}${reason ? `: ${reason}` : ''}`,
  }
}

function ended(rollout: Rollout, phase: 'promoted' | 'aborted', reason: string, now: Instant): Rollout {
  const { pause: _lifted, ...rest } = rollout
  return { ...rest, phase, weight: phase === 'promoted' ? 1 : 0, endedAt: now, reason }
}

/** The figures that decide: those of the failed metrics, else of the undecided, else of all. */
function findings({ metrics, verdict }: Analysis): string {
  const telling = metrics.filter(metric => metric.verdict === verdict)
  return (
    (telling.length > 0 ? telling : metrics).map(metric => metric.summary).join('; ') || `analysis ${verdict}`
  )
}

/** `; about 210 more requests in each arm, about 26 s at 8 requests/s`. */
function missing({ requestsMissing, armPerSecond }: Analysis, rollout: Rollout): string {
  if (requestsMissing === undefined) return ''
  const where = shadowOf(rollout) === undefined ? 'in each arm' : 'to both versions'
  const more = `; about ${requestsMissing} more requests ${where}`
  if (armPerSecond === undefined) return more
  const wait = formatDuration(Math.ceil(requestsMissing / armPerSecond) * 1000)
  return `${more}, about ${wait} at ${Number(armPerSecond.toPrecision(2))} requests/s`
}

function placeOf(rollout: Rollout): string {
  return shadowOf(rollout) === undefined ? `at ${formatPercent(rollout.weight)}` : 'from its shadow'
}

function withoutVerdict({ strategy, step }: Rollout): string {
  if (strategy.kind === 'bandit') return ', before its rewards had decided'
  if (strategy.kind === 'ab') return step === 0 ? ', before its horizon' : ', as its horizon showed nothing'
  return strategy.kind === 'canary'
    ? `, step ${step + 1} of ${strategy.steps.length}, before the analysis had passed`
    : ''
}

function refused(rollout: Rollout, event: RolloutEvent): RolloutError {
  const { phase, id } = rollout
  if (hasEnded(phase))
    return new RolloutError('ROLLOUT_ENDED', {
      message: `Rollout ${id} was ${phase} already; '${event.kind}' came too late`,
      hint:
        phase === 'promoted'
          ? 'Roll back to the earlier version instead.'
          : 'Deploy the version again instead.',
      details: { phase, event: event.kind },
    })
  return new RolloutError('ROLLOUT_EVENT_ILLEGAL', {
    message: `Rollout ${id} is ${phase}; it can't take '${event.kind}'`,
    hint: `While ${phase} it takes: ${Object.keys(ROLLOUT_TRANSITIONS[phase]).join(', ')}.`,
    details: { phase, event: event.kind },
  })
}
