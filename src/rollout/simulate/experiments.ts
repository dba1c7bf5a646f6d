import type { Fraction, Verdict } from '../../core/index.ts'
import { mergeSums, type Sums, type SumsSegment } from '../../evaluate/index.ts'
import { judgeAb } from '../experiment/ab.ts'
import { lookAtBandit, nextShare } from '../experiment/bandit.ts'
import type { AbPlan, BanditPlan } from '../experiment/types.ts'
import { Draws } from './draws.ts'
import { type Frequency, frequency } from './run.ts'

/** Feedback of 0 and 1, at these rates; so many a look, of both arms together. */
export interface SimulatedFeedback {
  readonly stable: Fraction
  readonly candidate: Fraction
  readonly perLook: number
}

export interface ExperimentOutcome {
  /** `failed`: stable stays. `inconclusive`: its horizon showed nothing. */
  readonly verdict: Verdict
  /** Before its horizon. */
  readonly isEarly: boolean
  /** Feedback until then. */
  readonly observed: number
  /** What the better version would have earned more, by the horizon: by this experiment, and by an even split. */
  readonly regret: number
  readonly evenRegret: number
}

/** A look at an A/B for each of so many parts of its horizon; more looks cost no false alarm. */
const AB_LOOKS = 50

/** One A/B; the same seed gives the same. */
export function runAb(plan: AbPlan, feedback: SimulatedFeedback, seed: number): ExperimentOutcome {
  const draws = new Draws(seed)
  let [candidate, reference] = [mergeSums(), mergeSums()]
  for (let look = 1; ; look++) {
    const n = draws.binomial(feedback.perLook, plan.split)
    candidate = mergeSums(candidate, rewards(draws, n, feedback.candidate))
    reference = mergeSums(reference, rewards(draws, feedback.perLook - n, feedback.stable))
    const elapsed = plan.horizon.kind === 'time' ? (look / AB_LOOKS) * plan.horizon.ms : 0
    const samples = { candidate: { total: candidate }, reference: { total: reference } }
    const { verdict, isOver, observed } = judgeAb(plan, samples, elapsed)
    if (!isOver && verdict === 'inconclusive') continue
    const all = feedback.perLook * Math.max(look, AB_LOOKS)
    return outcomeOf(feedback, { verdict, isEarly: !isOver, observed, candidate: candidate.count, all })
  }
}

/** One bandit, looked at when its shares may change. */
export function runBandit(
  plan: BanditPlan,
  feedback: SimulatedFeedback,
  looks: number,
  seed: number,
): ExperimentOutcome {
  const draws = new Draws(seed)
  const segments: SumsSegment[] = []
  let share = plan.start
  let changes = 0
  for (let look = 1; ; look++) {
    const n = draws.binomial(feedback.perLook, share)
    const more = {
      candidate: rewards(draws, n, feedback.candidate),
      reference: rewards(draws, feedback.perLook - n, feedback.stable),
    }
    const present = segments[changes]
    segments[changes] = present
      ? {
          candidate: mergeSums(present.candidate, more.candidate),
          reference: mergeSums(present.reference, more.reference),
        }
      : more
    const found = lookAtBandit(plan, segments, look * plan.every)
    const { verdict, isOver, observed } = found
    if (verdict !== 'inconclusive' || isOver) {
      const candidate = segments.reduce((sum, segment) => sum + segment.candidate.count, 0)
      const all = feedback.perLook * Math.max(look, looks)
      return outcomeOf(feedback, { verdict, isEarly: !isOver, observed, candidate, all })
    }
    const next = nextShare(plan, found, { share, changes, sinceChange: plan.every })
    if (next === undefined) continue
    share = next
    changes++
  }
}

/** What is decided holds for the rest of the time: all of it goes to the version that was chosen. */
function outcomeOf(
  { stable, candidate: rate }: SimulatedFeedback,
  ended: Omit<ExperimentOutcome, 'regret' | 'evenRegret'> & {
    readonly candidate: number
    readonly all: number
  },
): ExperimentOutcome {
  const { verdict, isEarly, observed, candidate, all } = ended
  const loss = Math.abs(rate - stable)
  const isBetter = rate > stable
  const during = isBetter ? observed - candidate : candidate
  const isWrong = (verdict === 'passed') !== isBetter
  const after = isWrong ? Math.max(0, all - observed) : 0
  return { verdict, isEarly, observed, regret: loss * (during + after), evenRegret: (loss * all) / 2 }
}

function rewards(draws: Draws, total: number, rate: Fraction): Sums {
  const sum = draws.binomial(total, rate)
  return { count: total, sum, squares: sum }
}

export interface ExperimentResult {
  readonly promoted: Frequency
  readonly kept: Frequency
  readonly undecided: Frequency
  /** Part of those that ended before their horizon. */
  readonly early: Fraction
  /** Median; regrets are means. */
  readonly observed: number
  readonly regret: number
  readonly evenRegret: number
}

const SEED_STRIDE = 1_000_003

/** Experiments by one plan. `run` gets a seed of its own for each. */
export function simulateExperiment(
  run: (seed: number) => ExperimentOutcome,
  runs: number,
  seed: number,
  onRun?: (done: number) => void,
): ExperimentResult {
  const outcomes = Array.from({ length: runs }, (_, i) => {
    const outcome = run(seed * SEED_STRIDE + i)
    onRun?.(i + 1)
    return outcome
  })
  const share = (verdict: Verdict): Frequency =>
    frequency(outcomes.filter(outcome => outcome.verdict === verdict).length, runs)
  const median = (of: (outcome: ExperimentOutcome) => number): number =>
    outcomes.map(of).sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0
  const mean = (of: (outcome: ExperimentOutcome) => number): number =>
    outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / Math.max(1, runs)
  return {
    promoted: share('passed'),
    kept: share('failed'),
    undecided: share('inconclusive'),
    early: outcomes.filter(({ isEarly }) => isEarly).length / Math.max(1, runs),
    observed: median(({ observed }) => observed),
    regret: mean(({ regret }) => regret),
    evenRegret: mean(({ evenRegret }) => evenRegret),
  }
}

export function looksOfBandit({ horizon, every }: BanditPlan, perLook: number): number {
  return Math.ceil(horizon.kind === 'time' ? horizon.ms / every : horizon.requests / Math.max(1, perLook))
}

/** Feedback in a look at an A/B. */
export function perLookOfAb({ horizon }: AbPlan, perMillisecond: number): number {
  const all = horizon.kind === 'requests' ? horizon.requests : horizon.ms * perMillisecond
  return Math.max(1, Math.ceil(all / AB_LOOKS))
}
