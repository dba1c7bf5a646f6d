import { BallastError, type Fraction, formatPercent } from '../../../core/index.ts'
import {
  type AbPlan,
  abForecast,
  type BanditPlan,
  type ExperimentResult,
  looksOfBandit,
  perLookOfAb,
  runAb,
  runBandit,
  simulateExperiment,
} from '../../../rollout/index.ts'
import { table } from '../../output/table.ts'

type Experiment = ({ readonly kind: 'ab' } & AbPlan) | ({ readonly kind: 'bandit' } & BanditPlan)

/** What `ballast rollout simulate-ab` and `bandit` play through. */
export interface ExperimentSimulation {
  readonly plan: Experiment
  /** Pieces of feedback in a second. */
  readonly feedbackPerSecond: number
  readonly stable: Fraction
  readonly candidates: readonly Fraction[]
  readonly runs: number
  readonly seed: number
}

export interface SimulatedExperiments {
  readonly simulation: ExperimentSimulation
  readonly rows: readonly (ExperimentResult & { readonly candidate: Fraction })[]
}

/** A look at a bandit takes a millisecond: more would take hours. */
const MAX_LOOKS = 5000
/** Every piece of feedback is drawn. */
const MAX_PER_LOOK = 1_000_000
const MAX_RUNS = 100_000

/** Throws ARGUMENT_INVALID for what would take for ever or says nothing. */
export function simulateExperiments(
  simulation: ExperimentSimulation,
  onRun?: (done: number, all: number) => void,
): SimulatedExperiments {
  const { plan, feedbackPerSecond, stable, candidates, runs, seed } = simulation
  const perMillisecond = feedbackPerSecond / 1000
  const perLook =
    plan.kind === 'ab'
      ? perLookOfAb(plan, perMillisecond)
      : Math.max(1, Math.round(plan.every * perMillisecond))
  const looks = plan.kind === 'ab' ? 1 : looksOfBandit(plan, perLook)
  check('looks', looks, MAX_LOOKS, 'Give a larger --every, or a nearer --horizon.')
  check(
    'feedback in a look',
    perLook,
    MAX_PER_LOOK,
    'Give less --traffic or --feedback, or a nearer --horizon.',
  )
  check('runs', runs, MAX_RUNS, 'A thousand tell a rate to about 1 %.')
  const rows = candidates.map((candidate, i) => {
    const feedback = { stable, candidate, perLook }
    const run = (of: number) =>
      plan.kind === 'ab' ? runAb(plan, feedback, of) : runBandit(plan, feedback, looks, of)
    const onDone = (done: number): void => onRun?.(i * runs + done, candidates.length * runs)
    return { candidate, ...simulateExperiment(run, runs, seed + i, onDone) }
  })
  return { simulation, rows }
}

function check(what: string, found: number, most: number, hint: string): void {
  if (found >= 1 && found <= most) return
  throw new BallastError('ARGUMENT_INVALID', {
    message: `Expected from 1 to ${most} ${what}, found ${found}`,
    hint,
    details: { expected: most, found },
  })
}

export function describeExperiments({ simulation, rows }: SimulatedExperiments): string {
  const { plan, stable, runs, seed } = simulation
  const isBandit = plan.kind === 'bandit'
  const head = ['CANDIDATE', 'PROMOTED', 'STABLE STAYS', 'NOTHING SHOWN', 'EARLY', 'FEEDBACK']
  return [
    `${runs.toLocaleString('en')} experiments in each row (${isBandit ? 'bandit' : 'A/B'}), stable ${formatPercent(stable)}, budget ${formatPercent(1 - plan.analysis.confidence)}, seed ${seed}`,
    '',
    table(
      [...head, ...(isBandit ? ['REGRET', 'OF AN EVEN SPLIT'] : [])],
      rows.map(row => [
        formatPercent(row.candidate),
        part(row.promoted),
        part(row.kept),
        part(row.undecided),
        formatPercent(row.early, 1),
        Math.round(row.observed).toLocaleString('en'),
        ...(isBandit ? [rounded(row.regret), rounded(row.evenRegret)] : []),
      ]),
    ),
    '',
    ...(plan.kind === 'ab' ? [`${abForecast(plan, stable * (1 - stable))}.`] : []),
    `In brackets the 95 % interval of the simulation; feedback: median until the end.${isBandit ? ' Regret: rewards that the better version would have earned more up to the horizon, on average.' : ''}`,
  ].join('\n')
}

function part({ part, interval: [low, high] }: ExperimentResult['promoted']): string {
  return `${formatPercent(part, 1)} [${formatPercent(low, 1)}, ${formatPercent(high, 1)}]`
}

function rounded(value: number): string {
  return Math.round(value).toLocaleString('en')
}
