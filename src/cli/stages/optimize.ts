import { mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Optimization, StageResult, TriedVariant, Variant } from '../../api/index.ts'
import type { ModelRepository } from '../../config/index.ts'
import { BallastError, digestOfFile, formatSize, resolveInside } from '../../core/index.ts'
import type { Evaluation } from '../../evaluate/index.ts'
import { digestOfFiles } from '../../formats/index.ts'
import type { ModelConfig } from '../../model/index.ts'
import { MEASURE } from '../optimize/actions/measure.ts'
import { started } from '../optimize/apart/start.ts'
import { dataFile } from '../optimize/data-file.ts'
import { thisMachine } from '../optimize/machine.ts'
import { sizeOf } from '../optimize/measure.ts'
import { intervalsOf } from '../optimize/search/attempt.ts'
import { describeReasons } from '../optimize/search/describe.ts'
import { MODEL, searchVariants, speedOf, withComparison, writeTried } from '../optimize/search/search.ts'
import type { Intervals, Search, SearchRequest, Tried } from '../optimize/search/types.ts'
import type { StageContext } from './context.ts'
import { runnableModel, stageModelConfig } from './converted.ts'
import { allGates } from './gate.ts'
import { referenceOutputs } from './reference.ts'
import { type Judged, readJudged } from './rows.ts'

/** Where kept variants stand in the workspace, each in a folder of its name; taken from stages only. */
export const VARIANTS_FOLDER = '.ballast/variants'
/** Of one variant's reference outputs: several stand in one result, which has a limit of its own. */
const MAX_REFERENCE_BYTES = 2 * 1024 * 1024
/** Names of nodes that a record lists; the model itself has them all. */
const MAX_REPAIRED = 1000

/**
 * Makes variants of the model that has passed, and judges each by the same gates. What is chosen, and what an
 * environment asks for by name, is kept where it passed. That none does fails nothing: the original ships.
 */
export async function optimizeStage(
  { workspace, repository, input }: StageContext,
  say: (line: string) => void,
  { program = started(), measure = MEASURE }: Partial<Pick<SearchRequest, 'program' | 'measure'>> = {},
): Promise<StageResult> {
  const { optimize, evaluate } = repository
  if (!optimize || !evaluate) throw new TypeError('There is nothing to optimise or to judge it on')
  const path = await runnableModel(workspace, repository)
  const original = await judgedOriginal(workspace, path)
  const production = await readJudged(workspace, 'production')
  const config = await stageModelConfig(workspace, repository)
  const folder = join(workspace, VARIANTS_FOLDER)
  await mkdir(folder, { recursive: true })
  const gates = allGates([...repository.gates, ...optimize.gates], input.policyGates)
  const found = await searchVariants({
    path,
    config,
    data: dataFile(await resolveInside(workspace, evaluate.data), evaluate),
    ...(evaluate.limit !== undefined && { limit: evaluate.limit }),
    gates: withComparison(gates, repository.model.task),
    tries: optimize.tries,
    prefer: optimize.prefer,
    measure,
    program,
    say,
    scratch: folder,
    judged: original,
    metrics: evaluate.metrics,
    ...(production && { production }),
  })
  const variants: Variant[] = []
  for (const tried of toKeep(found, repository))
    variants.push(await keepVariant(tried, { workspace, path, config, program }))
  const optimization: Optimization = {
    prefer: optimize.prefer,
    machine: await thisMachine(measure.threads),
    original: {
      ...judgedPart(original.evaluation, intervalsOf(original, evaluate.metrics)),
      bytes: await sizeOf(path),
    },
    tried: found.tried.map(triedPart),
    chosen: found.chosen ?? null,
  }
  return {
    stage: 'optimize',
    verdict: 'passed',
    summary: summaryOf(found, variants),
    records: JSON.parse(JSON.stringify({ optimization, variants })),
  }
}

/** What the evaluate stage handed on, and nothing else than it judged. */
async function judgedOriginal(workspace: string, path: string): Promise<Judged> {
  const judged = await readJudged(workspace, 'candidate')
  const digest = await digestOfFile(path)
  if (judged && judged.evaluation.modelDigest === digest) return judged
  throw new BallastError('MODEL_CHANGED', {
    message: `The evaluated model was ${judged?.evaluation.modelDigest ?? 'none'}, and this one is ${digest}`,
    hint: 'A job changed the model file after it was evaluated; make it before.',
  })
}

/** The best, and those that environments name: only what passed. */
function toKeep({ tried, chosen }: Search, { environments }: ModelRepository): readonly Tried[] {
  const wanted = new Set([chosen, ...environments.map(({ variant }) => variant)])
  return tried.filter(({ name, outcome }) => outcome === 'passed' && wanted.has(name))
}

interface Keeping {
  readonly workspace: string
  readonly path: string
  readonly config: ModelConfig
  readonly program: readonly string[]
}

/** Makes it again, and holds what came of it to what was judged. */
async function keepVariant(tried: Tried, { workspace, path, config, program }: Keeping): Promise<Variant> {
  const out = join(workspace, VARIANTS_FOLDER, tried.name, MODEL)
  await mkdir(dirname(out), { recursive: true })
  const { change, files } = await writeTried(tried, out, { path, program })
  const kept = files.map(({ path: at, digest, size }) => ({ name: basename(at), digest, size }))
  if (kept[0]?.digest !== tried.evaluation?.modelDigest)
    throw new BallastError('MODEL_CHANGED', {
      message: `The variant ${tried.name} came out as ${kept[0]?.digest}, and ${tried.evaluation?.modelDigest} was judged`,
      hint: 'The model file changed while it was optimised; run the pipeline again.',
    })
  const reference = await referenceOutputs(out, config)
  return {
    name: tried.name,
    change,
    digest: digestOfFiles(kept.map(({ name, digest }) => [name, digest])),
    size: kept.reduce((sum, { size }) => sum + size, 0),
    files: kept,
    repaired: (tried.repaired ?? []).slice(0, MAX_REPAIRED),
    ...(reference && JSON.stringify(reference).length <= MAX_REFERENCE_BYTES && { reference }),
  }
}

function triedPart(tried: Tried): TriedVariant {
  const { name, change, outcome, reason, evaluation, intervals, gates, comparison } = tried
  return {
    name,
    change,
    outcome,
    ...(reason !== undefined && { reason }),
    ...(evaluation && {
      judged: {
        ...judgedPart(evaluation, intervals ?? {}),
        gates: (gates ?? []).map(({ gate: { text }, verdict, summary }) => ({ text, verdict, summary })),
      },
    }),
    ...(comparison && { measured: { original: comparison.original, variant: comparison.variant } }),
    ...(tried.changed && { changed: tried.changed.length }),
    ...(tried.kept && { kept: tried.kept.length }),
    ...(tried.repaired && { repaired: tried.repaired.slice(0, MAX_REPAIRED) }),
  }
}

function judgedPart(
  { metrics }: Evaluation,
  intervals: Intervals,
): Pick<Optimization['original'], 'metrics' | 'intervals'> {
  return JSON.parse(JSON.stringify({ metrics, intervals }))
}

/** What ships, then what became of the others, each with its reason. */
function summaryOf({ tried, chosen }: Search, variants: readonly Variant[]): string[] {
  const best = tried.find(({ name }) => name === chosen)?.comparison
  const ships = best
    ? `${chosen} ships: ${formatSize(best.variant.bytes)} of ${formatSize(best.original.bytes)}, ${speedOf(best).toFixed(2)} × the p50`
    : 'The original ships: no variant passed its gates and was as fast'
  const also = variants.filter(({ name }) => name !== chosen).map(({ name }) => name)
  return [
    ships,
    ...(also.length > 0 ? [`also kept, as environments name them: ${also.join(', ')}`] : []),
    ...tried.flatMap(describeReasons),
  ]
}
