import type { Verdict } from '../../core/index.ts'
import { type Discordant, type Interval, mcNemarExact, tangoInterval } from '../statistics/proportions.ts'
import type { EvaluationRows, Gate, GateResult } from '../types.ts'
import { checkComparable, type Evaluated } from './evaluated.ts'
import { discordantPairs, type Estimate, pairedInterval } from './intervals.ts'
import { MIN_EXAMPLES } from './threshold.ts'
import { formatChange, formatMetric, higherIsBetter, unitOf } from './units.ts'

type Versus = Extract<Gate, { kind: 'versus-production' }>

/**
 * Is the candidate at most `margin` worse than production, on the same examples? With [low, high] the interval of
 * candidate − production, turned so that more is better:
 *
 *   low  > −margin                                             passed
 *   high < −margin                                             failed
 *   worse beyond doubt (high < 0), and by more than the margin failed: a fixed test set will not say more
 *   else                                                       inconclusive, with how many examples are missing
 *
 * Accuracy: exact McNemar and Tango's interval. Other quality metrics: paired bootstrap. Latency and size have no
 * pairs: their figures are compared as they stand, the margin being milliseconds or bytes. Margins are absolute.
 *
 * A bootstrap can't draw a difference that no example shows. So for fractions its interval is never narrower than
 * Tango's of two models that never differ: equal answers to 30 examples do not pass a margin of 0.5 %.
 */
export function judgeVersus(
  gate: Versus,
  candidate: Evaluated,
  production: Evaluated | undefined,
): GateResult {
  if (!production) {
    const summary = `${gate.text}: nothing is in production yet: not applicable`
    return { gate, verdict: 'not applicable', summary }
  }
  const { metric } = gate
  const value = candidate.evaluation.metrics[metric]
  const other = production.evaluation.metrics[metric]
  if (value === undefined || other === undefined || !Number.isFinite(value - other)) {
    const whose = value === undefined ? "the candidate's" : "production's"
    return undecided({ gate }, `${whose} evaluation has no ${metric}`)
  }
  const figures = { gate, value, production: other }
  if (unitOf(metric) === 'size') return asTheyStand(figures)
  if (unitOf(metric) === 'duration') return judgeLatency(figures, candidate, production)
  checkComparable(candidate, production)
  if (!candidate.rows || !production.rows)
    return undecided(figures, 'the answers example by example were not kept')
  return judgeQuality(figures, candidate.rows, production.rows)
}

interface Figures {
  readonly gate: Versus
  readonly value: number
  readonly production: number
}

function judgeLatency(figures: Figures, candidate: Evaluated, production: Evaluated): GateResult {
  const [a, b] = [candidate.evaluation.latency, production.evaluation.latency]
  if (Math.min(a.runs, b.runs) < MIN_EXAMPLES)
    return undecided(figures, `${MIN_EXAMPLES} measured runs of each; there are ${a.runs} and ${b.runs}`)
  if (a.batch !== b.batch || a.threads !== b.threads)
    return undecided(figures, 'both measured with the same batch and threads')
  return asTheyStand(figures)
}

function asTheyStand(figures: Figures): GateResult {
  const worse = better(figures.gate) * (figures.production - figures.value)
  const verdict = worse < figures.gate.margin ? 'passed' : 'failed'
  return { ...figures, verdict, method: 'figures as they stand', summary: sentence(figures, verdict) }
}

function judgeQuality(figures: Figures, candidate: EvaluationRows, production: EvaluationRows): GateResult {
  const { gate, value, production: other } = figures
  const n = candidate.truth.length
  if (n < MIN_EXAMPLES) return undecided({ ...figures, n }, `${MIN_EXAMPLES - n} more examples`)
  const pairs = gate.metric === 'accuracy' ? discordantPairs(candidate, production) : undefined
  const estimate = pairs
    ? { interval: tangoInterval(pairs, gate.confidence), method: 'exact McNemar, Tango interval' }
    : widened(gate, pairedInterval(gate.metric, candidate, production, gate.confidence), value - other, n)
  if (!estimate) return undecided({ ...figures, n }, `${gate.metric} example by example`)
  const turned = turn(gate, estimate.interval)
  const verdict = verdictOf(gate, turned, better(gate) * (value - other))
  const found = { ...figures, ...estimate, n, verdict }
  const summary = sentence(figures, verdict, estimate.interval, pairs)
  if (verdict !== 'inconclusive') return { ...found, summary }
  const missing = examplesMissing(gate, turned, better(gate) * (value - other), n, pairs)
  return { ...found, summary: `${summary}; ${missing}`, missing }
}

function widened(
  gate: Versus,
  estimate: Estimate | undefined,
  change: number,
  n: number,
): Estimate | undefined {
  if (!estimate || unitOf(gate.metric) !== 'fraction') return estimate
  const [least, most] = tangoInterval({ onlyFirst: 0, onlySecond: 0, total: n }, gate.confidence)
  const [low, high] = estimate.interval
  return { ...estimate, interval: [Math.min(low, change + least), Math.max(high, change + most)] }
}

function verdictOf({ margin }: Versus, [low, high]: Interval, change: number): Verdict {
  if (low > -margin) return 'passed'
  if (high < -margin || (high < 0 && change < -margin)) return 'failed'
  return 'inconclusive'
}

/** If the two go on to differ as they did: examples until the interval's end clears the margin. */
function examplesMissing(
  gate: Versus,
  turned: Interval,
  change: number,
  n: number,
  pairs?: Discordant,
): string {
  const room = change + gate.margin
  if (room <= 0) return 'more examples would rather fail it: the candidate is worse by the margin or more'
  // An interval narrows with the root of the examples; Tango's with their number, where the models hardly differ.
  let factor = ((change - turned[0]) / room) ** 2
  if (pairs) for (factor = 1; factor < 1e6 && tangoLow(pairs, factor, gate) <= -gate.margin; ) factor *= 1.05
  const missing = Math.max(1, Math.ceil(n * (factor - 1)))
  return `about ${roundUp(missing)} more examples would decide it`
}

function tangoLow({ onlyFirst, onlySecond, total }: Discordant, factor: number, gate: Versus): number {
  const grown = { onlyFirst: onlyFirst * factor, onlySecond: onlySecond * factor, total: total * factor }
  return tangoInterval(grown, gate.confidence)[0]
}

/** Two digits are all that such a guess holds. */
function roundUp(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1)
  return Math.ceil(count / unit) * unit
}

function undecided(
  figures: Partial<Figures> & { readonly gate: Versus; readonly n?: number },
  missing: string,
): GateResult {
  const summary = `${figures.gate.text}: it takes ${missing}: inconclusive`
  return { ...figures, verdict: 'inconclusive', summary, missing }
}

/** `accuracy 97.8 % vs 97.5 % in production: +0.3 % [−0.1 %, +0.7 %], may lose < 0.5 %: passed`. */
function sentence(
  { gate, value, production }: Figures,
  verdict: Verdict,
  interval?: Interval,
  pairs?: Discordant,
): string {
  const { metric, margin } = gate
  const figures = `${metric} ${formatMetric(metric, value)} vs ${formatMetric(metric, production)} in production`
  const bounds = interval
    ? ` [${formatChange(metric, interval[0])}, ${formatChange(metric, interval[1])}]`
    : ''
  const p = pairs ? ` (p = ${Number(mcNemarExact(pairs).toPrecision(2))})` : ''
  const allowed = higherIsBetter(metric) ? 'may lose' : 'may gain'
  const change = formatChange(metric, value - production)
  return `${figures}: ${change}${bounds}${p}, ${allowed} < ${formatMetric(metric, margin)}: ${verdict}`
}

function better({ metric }: Versus): 1 | -1 {
  return higherIsBetter(metric) ? 1 : -1
}

function turn(gate: Versus, [low, high]: Interval): Interval {
  return better(gate) === 1 ? [low, high] : [-high, -low]
}
