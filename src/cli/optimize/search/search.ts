import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Gate, parseGate } from '../../../evaluate/index.ts'
import { type Preference, simplifiedFirst } from '../../../optimize/index.ts'
import { Helpers } from '../apart/helpers.ts'
import { peakTogether, started } from '../apart/start.ts'
import { calibratorOf } from '../calibration/calibrator.ts'
import { footprintOf } from '../footprint/footprint.ts'
import type { Comparison } from '../measure.ts'
import type { Optimized } from '../optimize.ts'
import { make, type Searching, tryVariant } from './attempt.ts'
import type { Search, SearchRequest, Tried } from './types.ts'

/** What a variant's file is called that nobody named. */
export const MODEL = 'model.onnx'

/**
 * Makes each variant, judges it by the gates with the original as production, repairs it where it does not pass, and
 * measures both in turns, in processes of their own. Where simplifying is among what is tried and left fewer nodes, the
 * best of the others is tried on the simplified graph too. The best of those that pass and are no slower is written to
 * `out`; else nothing is. Throws what evaluating the original throws.
 */
export async function searchVariants(given: SearchRequest): Promise<Search> {
  const { measure, memory, out, path, prefer, program = started() } = given
  const folder = await mkdtemp(join(given.scratch ?? tmpdir(), 'ballast-optimize-'))
  const helpers = new Helpers({ ...given, program, scratch: folder })
  try {
    const original = given.judged ?? (await judgedOriginal(given, helpers))
    const footprint = await footprintOf(path, measure, { program, ...(memory !== undefined && { memory }) })
    const calibrate = calibratorOf({ ...given, program, scratch: folder })
    const request: Searching = { ...given, program, original, footprint, calibrate, helpers }
    const tried = await tryAll(request, folder)
    const chosen = best(tried, prefer)
    const files = chosen && out !== undefined ? (await writeTried(chosen, out, request)).files : []
    return {
      original: original.evaluation,
      tried,
      files,
      ...(chosen && { chosen: chosen.name }),
      ...(memory !== undefined && { peak: peakTogether() }),
    }
  } finally {
    await helpers.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function judgedOriginal(
  { path, config, data, limit }: SearchRequest,
  helpers: Helpers,
): Promise<Searching['original']> {
  const asks = { path, who: 'original', config, data, ...(limit !== undefined && { limit }) }
  return (await helpers.do('try', asks, 'the original')).judged
}

async function tryAll(request: Searching, folder: string): Promise<readonly Tried[]> {
  const { out, prefer, tries } = request
  const tried: Tried[] = []
  const attempt = async (name: string) => {
    // Each in its own folder: external data lies beside its model, under the name that `out` will have.
    const at = join(folder, name)
    await mkdir(at)
    tried.push(await tryVariant(name, join(at, basename(out ?? MODEL)), request))
  }
  for (const name of tries) await attempt(name)
  const composed = composedOf(tried, prefer)
  if (composed !== undefined && !tries.includes(composed)) await attempt(composed)
  return tried
}

/** The best change, on the graph that was found to have nodes for nothing. */
function composedOf(tried: readonly Tried[], prefer: Preference): string | undefined {
  const alone = tried.find(({ name }) => name === 'simplify')?.simplified
  if (!alone || alone.nodes.after >= alone.nodes.before) return undefined
  const others = tried.filter(({ name }) => simplifiedFirst(name) !== undefined)
  const first = ranked(others, prefer)[0]
  return first && simplifiedFirst(first.name)
}

/** Makes a variant that was tried once more, at `out`. */
export function writeTried(
  { name, repaired, ranges }: Tried,
  out: string,
  { path, program = started(), memory }: Pick<SearchRequest, 'path' | 'program' | 'memory'>,
): Promise<Optimized> {
  const calibrate = async () => new Map(ranges)
  return make(name, out, new Set(repaired), {
    path,
    program,
    calibrate,
    ...(memory !== undefined && { memory }),
  })
}

/** A variant that nothing compares with the original would be judged by nothing: classifiers lose a point at most. */
export function withComparison(gates: readonly Gate[], task: string): readonly Gate[] {
  const compared = gates.some(({ kind }) => kind === 'versus-production')
  if (compared || !task.includes('classification')) return gates
  return [...gates, parseGate('accuracy non_inferior 0.01 versus production')]
}

/** No slower than the original in the same run. */
function best(tried: readonly Tried[], prefer: Preference): Tried | undefined {
  return ranked(tried, prefer).find(({ comparison }) => speedOf(comparison!) <= 1)
}

/** Of those that passed, the fastest, the smallest, or the one that holds the least memory first. */
function ranked(tried: readonly Tried[], prefer: Preference): readonly Tried[] {
  const by = COSTS[prefer]
  return tried
    .filter(({ outcome, comparison }) => outcome === 'passed' && comparison)
    .toSorted((a, b) => by(a.comparison!) - by(b.comparison!))
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
