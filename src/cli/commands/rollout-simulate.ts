import { Command, InvalidArgumentError, Option } from 'commander'
import { type Fraction, parsePercent } from '../../core/index.ts'
import { STREAM_KINDS, type StreamKind } from '../../rollout/index.ts'
import { print } from '../output/print.ts'
import { asArgument, duration, rate } from '../rollout/simulate/arguments.ts'
import { describeSimulated } from '../rollout/simulate/describe.ts'
import { type Plan, RULES, type RuleName } from '../rollout/simulate/plan.ts'
import type { Effect } from '../rollout/simulate/scenarios.ts'
import { simulatePlan } from '../rollout/simulate/simulate.ts'

const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const

interface Options {
  readonly traffic: number
  readonly share: Fraction
  readonly errorRate: Fraction
  readonly accuracy?: Fraction
  readonly disagree: Fraction
  readonly labelled: Fraction
  readonly effect: readonly Effect[]
  readonly errors: Fraction
  readonly latency: Fraction
  readonly accuracyMargin: Fraction
  readonly tolerance: Fraction
  readonly quantile: keyof typeof QUANTILES
  readonly confidence: Fraction
  readonly rule: RuleName
  readonly stream: readonly StreamKind[]
  readonly look: number
  readonly for: number
  readonly runs: number
  readonly seed: number
  readonly json?: boolean
}

export function rolloutSimulateCommand(): Command {
  return new Command('simulate')
    .description('how often a policy rolls back wrongly and rightly, and after how long, before it is used')
    .addOption(known('--traffic <rate>', 'requests of the environment, such as 300/min', rate, '50/s'))
    .addOption(known('--share <percent>', "the canary's part; its baseline gets as much", percent, '10%'))
    .addOption(known('--error-rate <percent>', 'of the stable version', percent, '0.5%'))
    .option('--accuracy <percent>', 'of the stable version, where requests are labelled in pairs', percent)
    .addOption(known('--disagree <percent>', 'of the labelled: only one is right', percent, '10%'))
    .addOption(known('--labelled <percent>', "of the canary's requests, in pairs", percent, '100%'))
    .addOption(
      new Option(
        '--effect <what=value>',
        'a harmful canary: errors=2%, latency=+30% or accuracy=88%; may be given again',
      )
        .argParser(gather)
        .default([], 'none'),
    )
    .addOption(known('--errors <percent>', 'margin, as in ballast.yaml', percent, '1%'))
    .addOption(known('--latency <percent>', 'margin of the latency quantile', percent, '50%'))
    .addOption(known('--accuracy-margin <percent>', 'margin of the accuracy', percent, '1%'))
    .addOption(
      new Option('--quantile <name>', 'of the latency').choices(Object.keys(QUANTILES)).default('p95'),
    )
    .addOption(known('--tolerance <percent>', 'part of each margin that is no harm', percent, '20%'))
    .addOption(known('--confidence <percent>', '100% less the false-rollback budget', percent, '95%'))
    .addOption(
      new Option(
        '--rule <name>',
        'evidence; group-sequential, for a known number of looks; analysis: each step alone, as rollouts once did',
      )
        .choices(RULES)
        .default('evidence'),
    )
    .addOption(
      new Option('--stream <kind...>', 'how requests and troubles come')
        .choices(STREAM_KINDS)
        .default([...STREAM_KINDS], 'all'),
    )
    .addOption(known('--look <duration>', 'between two looks', duration, '10s'))
    .addOption(known('--for <duration>', 'until nothing is decided any more', duration, '30m'))
    .addOption(known('--runs <n>', 'rollouts in each row', whole, '500'))
    .addOption(known('--seed <n>', 'the same one gives the same table', whole, '1'))
    .option('--json', 'for machines')
    .action(run)
}

/** An option whose default is shown as people write it. */
function known(flags: string, text: string, parse: (text: string) => unknown, usual: string): Option {
  return new Option(flags, text).argParser(parse).default(parse(usual), usual)
}

function run(options: Options): void {
  const terminal = process.stderr.isTTY
  const simulated = simulatePlan(planOf(options), (done, all) => {
    if (terminal && done % Math.ceil(all / 200) === 0)
      process.stderr.write(`\r\u001b[K${done.toLocaleString('en')} of ${all.toLocaleString('en')} rollouts`)
  })
  if (terminal) process.stderr.write('\r\u001b[K')
  print(simulated, options.json, describeSimulated)
}

function planOf({ traffic, effect, errors, latency, accuracyMargin, quantile, ...options }: Options): Plan {
  return {
    trafficPerSecond: traffic,
    share: options.share,
    errorRate: options.errorRate,
    quantile: QUANTILES[quantile],
    ...(options.accuracy !== undefined && { accuracy: options.accuracy }),
    disagree: options.disagree,
    labelled: options.labelled,
    margins: { errors, latency, accuracy: accuracyMargin },
    tolerance: options.tolerance,
    confidence: options.confidence,
    effects: effect,
    streams: options.stream,
    rule: options.rule,
    lookMs: options.look,
    totalMs: options.for,
    runs: options.runs,
    seed: options.seed,
  }
}

const percent = asArgument(part)

function part(text: string): Fraction {
  const value = parsePercent(text)
  if (value <= 1) return value
  throw new InvalidArgumentError(`Expected at most 100%, found '${text}'.`)
}

function whole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`Expected a whole number, found '${text}'.`)
}

function gather(text: string, effects: readonly Effect[]): readonly Effect[] {
  const [, what, sign, value] = /^(errors|latency|accuracy)=(\+?)(\d.*)$/.exec(text) ?? []
  if (
    (what !== 'errors' && what !== 'latency' && what !== 'accuracy') ||
    (what === 'latency') !== (sign === '+')
  )
    throw new InvalidArgumentError(`Expected errors=2%, latency=+30% or accuracy=88%, found '${text}'.`)
  const read = what === 'latency' ? asArgument(parsePercent)(value!) : percent(value!)
  return [...effects, { name: text, what, value: read }]
}
