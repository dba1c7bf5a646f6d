import { BallastError } from '../../../core/index.ts'
import { type GateResult, judgeGates, type MetricName, metricInterval } from '../../../evaluate/index.ts'
import { openModel } from '../../../formats/index.ts'
import { overall } from '../../stages/gate.ts'
import type { Judged } from '../../stages/rows.ts'
import type { Helpers } from '../apart/helpers.ts'
import type { Calibrate } from '../calibration/calibrator.ts'
import { type Footprint, footprintOf, withFootprints } from '../footprint/footprint.ts'
import { type Optimized, optimizeModel } from '../optimize.ts'
import { changeNamed } from './named.ts'
import { keepCounts, sensitivities } from './repair.ts'
import type { Intervals, SearchRequest, Tried } from './types.ts'

export interface Searching extends SearchRequest {
  readonly program: readonly string[]
  readonly calibrate: Calibrate
  readonly helpers: Helpers
  readonly original: Judged
  /** The original's. */
  readonly footprint: Footprint | undefined
}

/**
 * A variant, judged and measured; where it did not pass, with so many of its most sensitive nodes left as they are that
 * it does.
 */
export async function tryVariant(name: string, out: string, request: Searching): Promise<Tried> {
  const tried = await repaired(name, out, request)
  if (!tried.comparison) return tried
  const { footprint, measure, program, memory } = request
  const own = await footprintOf(out, measure, { program, ...(memory !== undefined && { memory }) })
  return { ...tried, comparison: withFootprints(tried.comparison, footprint, own) }
}

async function repaired(name: string, out: string, request: Searching): Promise<Tried> {
  const whole = await attempt(name, out, request, [])
  const nodes = whole.changed ?? []
  const wanting = whole.outcome === 'failed' || whole.outcome === 'inconclusive'
  if (!wanting || nodes.length < 2) return whole
  const { helpers, path, measure, say } = request
  const ranked = await sensitivities({
    nodes,
    say: line => say(`${name}: ${line}`),
    async compare(keep) {
      await make(name, out, keep, request)
      // The fewest runs that a comparison makes: how far, not how fast.
      const asks = { original: path, variant: out, measure: { ...measure, budget: 0 } }
      return helpers.do('compare', asks, name)
    },
  })
  for (const count of keepCounts(ranked.length)) {
    const keep = ranked.slice(0, count).flatMap(group => group.nodes)
    const tried = await attempt(name, out, request, keep)
    if (tried.outcome === 'passed') return { ...tried, repaired: keep }
  }
  return whole
}

export async function make(
  name: string,
  out: string,
  keep: ReadonlySet<string>,
  given: Pick<Searching, 'path' | 'program' | 'calibrate' | 'memory'>,
): Promise<Optimized> {
  const { path, program, calibrate, memory } = given
  const model = await openModel(path)
  const request = { path, out, keep, calibrate, program, ...(memory !== undefined && { memory }) }
  return optimizeModel(model, { ...request, ...changeNamed(name) }).finally(() => model.close())
}

async function attempt(
  name: string,
  out: string,
  request: Searching,
  keep: readonly string[],
): Promise<Tried> {
  const { path, config, data, gates, helpers, limit, measure, original } = request
  try {
    const { change, changed, kept, simplified, ranges } = await make(name, out, new Set(keep), request)
    const asks = { path: out, who: name, config, data, beside: { original: path, measure } }
    const trial = await helpers.do('try', { ...asks, ...(limit !== undefined && { limit }) }, name)
    const results = [...judgeGates(gates, trial.judged, original), ...besideProduction(trial.judged, request)]
    return {
      name,
      change,
      outcome: overall(results),
      evaluation: trial.judged.evaluation,
      intervals: intervalsOf(trial.judged, request.metrics ?? []),
      gates: results,
      changed,
      kept,
      ...(trial.comparison && { comparison: trial.comparison }),
      ...(simplified && { simplified }),
      ...(ranges && { ranges }),
    }
  } catch (cause) {
    if (!(cause instanceof BallastError)) throw cause
    return { name, change: name, outcome: 'refused', reason: cause.message }
  }
}

/** Where another model serves, a variant may lose to it no more than its original may. */
function besideProduction(
  judged: Judged,
  { gates, original, production }: Pick<Searching, 'gates' | 'original' | 'production'>,
): readonly GateResult[] {
  if (!production || production.evaluation.modelDigest === original.evaluation.modelDigest) return []
  const comparisons = gates.filter(({ kind }) => kind === 'versus-production')
  return judgeGates(comparisons, judged, production).map(result => ({
    ...result,
    gate: { ...result.gate, text: `${result.gate.text}, with what serves now` },
    summary: `beside what serves now: ${result.summary}`,
  }))
}

export function intervalsOf({ rows }: Judged, metrics: readonly MetricName[]): Intervals {
  return Object.fromEntries(
    metrics.flatMap(metric => {
      const estimate = metricInterval(metric, rows, 0.95)
      return estimate ? [[metric, estimate.interval]] : []
    }),
  )
}
