import { Command, InvalidArgumentError, Option } from 'commander'
import { type Fraction, parsePercent } from '../../core/index.ts'
import type { Horizon } from '../../rollout/index.ts'
import { print } from '../output/print.ts'
import { asArgument, duration, rate } from '../rollout/simulate/arguments.ts'
import {
  describeExperiments,
  type ExperimentSimulation,
  simulateExperiments,
} from '../rollout/simulate/experiments.ts'

interface Options {
  readonly traffic: number
  readonly feedback: Fraction
  readonly rate: Fraction
  readonly candidate: readonly Fraction[]
  readonly split: Fraction
  readonly effect: Fraction
  readonly horizon: Horizon
  readonly confidence: Fraction
  readonly explore: Fraction
  readonly every: number
  readonly minRewards: number
  readonly runs: number
  readonly seed: number
  readonly json?: boolean
}

/** Those of rollouts that have no experiment: its guardrails are not played. */
const MARGINS = { errorMargin: 0.01, latencyMargin: 0.5, latencyQuantile: 0.95, minRequests: 50 } as const

/** `ballast rollout simulate-ab` and `simulate-bandit`. */
export function experimentCommand(kind: 'ab' | 'bandit'): Command {
  const command = new Command(`simulate-${kind}`)
    .description(
      kind === 'ab'
        ? 'how often an A/B promotes wrongly and rightly, before it is used'
        : 'how often a bandit promotes wrongly and rightly, and what it costs beside an even split',
    )
    .addOption(known('--traffic <rate>', 'requests of the environment, such as 300/min', rate, '50/s'))
    .addOption(known('--feedback <percent>', 'part of them that is told of later', partOfAll, '100%'))
    .addOption(known('--rate <percent>', "of stable's answers that are rewarded, or right", percent, '30%'))
    .addOption(
      new Option('--candidate <percent>', "of the candidate's; may be given again")
        .argParser((text, all: readonly Fraction[]) => [...all, percent(text)])
        .default([], 'the same, and better and worse by the effect'),
    )
    .addOption(known('--split <percent>', "the candidate's part of the traffic, at first", percent, '50%'))
    .addOption(known('--effect <percent>', 'as in ballast.yaml', percent, '1%'))
    .addOption(
      known('--horizon <end>', 'pieces of feedback such as 20000, or a time such as 14d', end, '20000'),
    )
    .addOption(known('--confidence <percent>', '100% less the budget', percent, '95%'))
    .addOption(known('--runs <n>', 'experiments in each row', whole, kind === 'ab' ? '1000' : '100'))
    .addOption(known('--seed <n>', 'the same one gives the same table', whole, '1'))
    .option('--json', 'for machines')
    .action((options: Options) => run(kind, options))
  if (kind === 'ab') return command
  return command
    .addOption(known('--explore <percent>', 'what each version keeps', percent, '5%'))
    .addOption(known('--every <duration>', 'least time between two changes', duration, '10m'))
    .addOption(known('--min-rewards <n>', 'of each version before one promotes', whole, '500'))
}

function run(kind: 'ab' | 'bandit', options: Options): void {
  const terminal = process.stderr.isTTY
  const simulated = simulateExperiments(simulationOf(kind, options), (done, all) => {
    if (terminal && done % Math.ceil(all / 200) === 0) process.stderr.write(`\r\u001b[K${done} of ${all}`)
  })
  if (terminal) process.stderr.write('\r\u001b[K')
  print(simulated, options.json, describeExperiments)
}

function simulationOf(kind: 'ab' | 'bandit', options: Options): ExperimentSimulation {
  const { traffic, feedback, rate: stable, candidate, split, effect, horizon, confidence } = options
  const analysis = { ...MARGINS, confidence }
  const around = [stable, stable + effect, stable - effect].filter(each => each > 0 && each < 1)
  return {
    plan:
      kind === 'ab'
        ? { kind, split, metric: 'reward', horizon, effect, otherwise: 'keep', analysis }
        : {
            ...{ kind, start: split, most: 1, margin: effect, horizon, analysis },
            ...{ explore: options.explore, every: options.every, minRewards: options.minRewards },
          },
    feedbackPerSecond: traffic * feedback,
    stable,
    candidates: candidate.length > 0 ? candidate : around,
    runs: options.runs,
    seed: options.seed,
  }
}

/** An option whose default is shown as people write it. */
function known(flags: string, text: string, parse: (text: string) => unknown, usual: string): Option {
  return new Option(flags, text).argParser(parse).default(parse(usual), usual)
}

const partOfAll = asArgument(text => below(text, 1 + Number.EPSILON))
const percent = asArgument(text => below(text, 1))

function below(text: string, end: number): Fraction {
  const value = parsePercent(text)
  if (value > 0 && value < end) return value
  throw new InvalidArgumentError(
    `Expected above 0% and ${end === 1 ? 'below' : 'at most'} 100%, found '${text}'.`,
  )
}

function end(text: string): Horizon {
  if (/^\d{1,9}$/.test(text)) return { kind: 'requests', requests: Number(text) }
  return { kind: 'time', ms: duration(text) }
}

function whole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`Expected a whole number, found '${text}'.`)
}
