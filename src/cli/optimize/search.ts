import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { BallastError, nearestName, type Verdict } from '../../core/index.ts'
import {
  type Dataset,
  type Evaluation,
  type Gate,
  type GateResult,
  judgeGates,
  type MetricName,
  metricInterval,
  parseGate,
} from '../../evaluate/index.ts'
import { type OpenedModel, openModel } from '../../formats/index.ts'
import type { ModelConfig } from '../../model/index.ts'
import { CHANGES, type Change, type Preference } from '../../optimize/index.ts'
import { judge } from '../stages/evaluate.ts'
import { overall } from '../stages/gate.ts'
import type { Judged } from '../stages/rows.ts'
import { started } from './apart/start.ts'
import { type Calibrate, calibratorOf } from './calibrate.ts'
import { type Footprint, footprintOf, withFootprints } from './footprint/footprint.ts'
import { type Comparison, compareModels, type MeasureOptions } from './measure.ts'
import { type Optimized, optimizeModel } from './optimize.ts'
import { keepCounts, sensitivities } from './repair.ts'

/** What a variant's file is called that nobody named. */
export const MODEL = 'model.onnx'

export interface SearchRequest {
  readonly path: string
  /** Where the best is written; absent: nothing is, and `writeTried` does it. */
  readonly out?: string
  readonly config: ModelConfig
  readonly data: Dataset
  readonly limit?: number
  readonly gates: readonly Gate[]
  readonly tries: readonly string[]
  readonly prefer: Preference
  readonly measure: MeasureOptions
  /** What starts this very program, which runs models in processes of their own; default: as it was started. */
  readonly program?: readonly string[]
  readonly say: (line: string) => void
  /** Where variants are made and thrown away; default: the system's folder for such files. */
  readonly scratch?: string
  /** The original, where it was judged on this data already. */
  readonly judged?: Judged
  /** What serves now, judged on this data: comparisons hold with it as well as with the original. */
  readonly production?: Judged
  /** Those of whose values intervals are told. */
  readonly metrics?: readonly MetricName[]
}

interface Searching extends SearchRequest {
  readonly calibrate: Calibrate
  readonly program: readonly string[]
  /** The original's. */
  readonly footprint: Footprint | undefined
}

/** At 95 %, by metric. */
export type Intervals = Readonly<Partial<Record<MetricName, readonly [low: number, high: number]>>>

/** One variant, and what became of it. */
export interface Tried {
  readonly name: string
  readonly change: string
  /** `refused`: it could not be made, or does not run. */
  readonly outcome: Verdict | 'refused'
  readonly reason?: string
  readonly evaluation?: Evaluation
  readonly intervals?: Intervals
  readonly gates?: readonly GateResult[]
  readonly comparison?: Comparison
  readonly changed?: readonly string[]
  readonly kept?: Optimized['kept']
  /** Nodes that stay as they are because with them changed it did not pass: the most sensitive ones. */
  readonly repaired?: readonly string[]
  /** What values lay between, where the change asked samples. */
  readonly ranges?: Optimized['ranges']
}

export interface Search {
  readonly original: Evaluation
  readonly tried: readonly Tried[]
  /** The best variant, if one passed and was no slower. */
  readonly chosen?: string
  readonly files: Optimized['files']
}

/**
 * Makes each variant, judges it by the gates with the original as production, repairs it where it does not pass, and
 * measures both in turns. The best of those that pass and are no slower is written to `out`; else nothing is. Throws
 * what evaluating the original throws.
 */
export async function searchVariants(given: SearchRequest): Promise<Search> {
  const { config, data, measure, out, path, prefer, say, tries, program = started() } = given
  const folder = await mkdtemp(join(given.scratch ?? tmpdir(), 'ballast-optimize-'))
  try {
    const original = given.judged ?? (await judge(path, config, data, 'original', say, limitOf(given)))
    const footprint = await footprintOf(path, measure, program)
    const request: Searching = { ...given, program, footprint, calibrate: calibratorOf(given) }
    const tried: Tried[] = []
    // Each in its own folder: external data lies beside its model, under the name that `out` will have.
    for (const name of tries) {
      const at = join(folder, name)
      await mkdir(at)
      const variant = join(at, basename(out ?? MODEL))
      tried.push(await weighed(await repaired(name, variant, original, request), variant, request))
    }
    const chosen = best(tried, prefer)
    if (!chosen || out === undefined)
      return { original: original.evaluation, tried, ...(chosen && { chosen: chosen.name }), files: [] }
    const { files } = await writeTried(chosen, path, out, program)
    return { original: original.evaluation, tried, chosen: chosen.name, files }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Makes a variant that was tried once more, at `out`. */
export function writeTried(
  { name, repaired, ranges }: Tried,
  path: string,
  out: string,
  program: readonly string[] = started(),
): Promise<Optimized> {
  return make(name, out, new Set(repaired), { path, program, calibrate: async () => new Map(ranges) })
}

const limitOf = ({ limit }: SearchRequest) => (limit === undefined ? {} : { limit })

/** A variant; where it did not pass, with so many of its most sensitive nodes left as they are that it does. */
async function repaired(name: string, out: string, original: Judged, request: Searching): Promise<Tried> {
  const whole = await attempt(name, out, original, request, [])
  const nodes = whole.changed ?? []
  const wanting = whole.outcome === 'failed' || whole.outcome === 'inconclusive'
  if (!wanting || nodes.length < 2) return whole
  const { path, measure, say } = request
  const ranked = await sensitivities({
    original: path,
    nodes,
    measure,
    say: line => say(`${name}: ${line}`),
    async write(keep) {
      await make(name, out, keep, request)
      return out
    },
  })
  for (const count of keepCounts(ranked.length)) {
    const keep = ranked.slice(0, count).flatMap(group => group.nodes)
    const tried = await attempt(name, out, original, request, keep)
    if (tried.outcome === 'passed') return { ...tried, repaired: keep }
  }
  return whole
}

function make(
  name: string,
  out: string,
  keep: ReadonlySet<string>,
  { path, program, calibrate }: Pick<Searching, 'path' | 'program' | 'calibrate'>,
): Promise<Optimized> {
  const change = changeNamed(name)
  return withModel(path, model => optimizeModel(model, { path, out, change, keep, calibrate, program }))
}

/** With what it takes of memory beside the original, where it runs. */
async function weighed(
  tried: Tried,
  out: string,
  { measure, footprint, program }: Searching,
): Promise<Tried> {
  if (!tried.comparison) return tried
  const own = await footprintOf(out, measure, program)
  return { ...tried, comparison: withFootprints(tried.comparison, footprint, own) }
}

async function attempt(
  name: string,
  out: string,
  original: Judged,
  request: Searching,
  keep: readonly string[],
): Promise<Tried> {
  const { path, config, data, gates, measure, say } = request
  try {
    const { change, changed, kept, ranges } = await make(name, out, new Set(keep), request)
    const judged = await judge(out, config, data, name, say, limitOf(request))
    const results = [...judgeGates(gates, judged, original), ...besideProduction(judged, original, request)]
    const comparison = await compareModels({ original: path, variant: out }, measure)
    return {
      name,
      change,
      outcome: overall(results),
      evaluation: judged.evaluation,
      intervals: intervalsOf(judged, request.metrics ?? []),
      gates: results,
      comparison,
      changed,
      kept,
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
  original: Judged,
  { gates, production }: SearchRequest,
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

/** A variant that nothing compares with the original would be judged by nothing: classifiers lose a point at most. */
export function withComparison(gates: readonly Gate[], task: string): readonly Gate[] {
  const compared = gates.some(({ kind }) => kind === 'versus-production')
  if (compared || !task.includes('classification')) return gates
  return [...gates, parseGate('accuracy non_inferior 0.01 versus production')]
}

async function withModel<T>(path: string, use: (model: OpenedModel) => Promise<T>): Promise<T> {
  const model = await openModel(path)
  try {
    return await use(model)
  } finally {
    await model.close()
  }
}

/** Throws ARGUMENT_INVALID with the nearest name. */
export function changeNamed(name: string): Change {
  const change = Object.hasOwn(CHANGES, name) ? CHANGES[name] : undefined
  if (change) return change
  const nearest = nearestName(name, Object.keys(CHANGES))
  throw new BallastError('ARGUMENT_INVALID', {
    message: `There is no change '${name}'; there are ${Object.keys(CHANGES).join(', ')}`,
    hint: nearest ? `Did you mean '${nearest}'?` : '`ballast optimize --help` says what each does.',
  })
}

/** Passed, and no slower than the original in the same run; then the fastest, the smallest, or the lightest. */
function best(tried: readonly Tried[], prefer: Preference): Tried | undefined {
  const fit = tried.filter(
    ({ outcome, comparison }) => outcome === 'passed' && comparison && speedOf(comparison) <= 1,
  )
  const by = COSTS[prefer]
  return fit.toSorted((a, b) => by(a.comparison!) - by(b.comparison!))[0]
}

/** Least is best. What was not weighed is behind all others. */
const COSTS: Readonly<Record<Preference, (comparison: Comparison) => number>> = {
  latency: speedOf,
  size: ({ variant }) => variant.bytes,
  memory: ({ variant }) => variant.memory?.steady ?? Number.MAX_VALUE,
}

/** The variant's median latency over the original's. */
export function speedOf({ original, variant }: Comparison): number {
  return variant.latencyP50 / original.latencyP50
}
