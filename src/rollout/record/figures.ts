import type { MetricDecision } from '../evidence/index.ts'
import type { MetricAnalysis } from '../types.ts'

/** Logarithms differ in their last digits from one processor to the next. */
const MAX_RELATIVE = 1e-9

type Again = Pick<MetricDecision, 'verdict' | 'canary' | 'baseline' | 'interval'> &
  Partial<Pick<MetricDecision, 'harm' | 'harmNeeded' | 'pass' | 'passNeeded'>>

/** The first figure of a metric that is another than what was computed again. */
export function differentFigure(metric: MetricAnalysis, again: Again): string | undefined {
  if (metric.verdict !== again.verdict) return `${metric.verdict}, computed ${again.verdict}`
  const { evidence } = metric
  const pairs: readonly (readonly [
    name: string,
    recorded: number | undefined,
    computed: number | undefined,
  ])[] = [
    ['canary', metric.canary, again.canary],
    ['baseline', metric.baseline, again.baseline],
    ['lower bound', metric.interval[0], again.interval[0]],
    ['upper bound', metric.interval[1], again.interval[1]],
    ['evidence of harm', evidence?.harm, again.harm],
    ['evidence of harm needed', evidence?.harmNeeded, again.harmNeeded],
    ['evidence to pass', evidence?.pass, again.pass],
    ['evidence to pass needed', evidence?.passNeeded, again.passNeeded],
  ]
  const wrong = pairs.find(([, recorded, computed]) => !isSame(recorded, computed))
  return wrong && `${wrong[0]} ${wrong[1] ?? 'missing'}, computed ${wrong[2] ?? 'none'}`
}

/** JSON has no infinity: the largest number stands for it. */
export function isSame(recorded: number | undefined, computed: number | undefined): boolean {
  if (typeof recorded !== 'number' || computed === undefined) return recorded === computed
  const value = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, computed))
  if (recorded === value) return true
  return Math.abs(recorded - value) <= MAX_RELATIVE * Math.max(Math.abs(recorded), Math.abs(value), 1e-3)
}
