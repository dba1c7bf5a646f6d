import { dirname, join } from 'node:path'
import { BallastError, type Bytes } from '../../core/index.ts'
import { liftOnnx, type OnnxModel, type OpenedModel } from '../../formats/index.ts'
import {
  type Change,
  type Changed,
  constantsAsInitializers,
  halve,
  listedAsConstants,
  quantizeBlocks,
  quantizeDynamic,
  quantizeStatic,
  type Range,
  type Ranges,
  type Simplified,
  type StaticChange,
  simplify,
  storeHalves,
  type Workspace,
} from '../../optimize/index.ts'
import { type WrittenFile, writeModel } from '../output/write-model.ts'
import { type ApartOptions, peakTogether, started } from './apart/start.ts'
import type { Calibrate } from './calibration/calibrator.ts'
import { constantComputer } from './constants/computer.ts'
import { footprintOf, withFootprints } from './footprint/footprint.ts'
import type { Comparison, MeasureOptions } from './measure.ts'
import { MemoryBound } from './memory/bound.ts'

export interface OptimizeRequest {
  readonly path: string
  readonly out: string
  readonly change: Change
  readonly keep: ReadonlySet<string>
  /** Before another change. */
  readonly simplify?: boolean
  /** Initializers that are listed among the inputs are constants: nobody can give them otherwise any more. */
  readonly constantInputs?: boolean
  /** What starts this very program, which runs models in processes of their own; default: as it was started. */
  readonly program?: readonly string[]
  /** For changes that samples tell the places of. */
  readonly calibrate?: Calibrate
  /** Absent: the variant is written and not measured. */
  readonly measure?: MeasureOptions
  /** What this process, and one that runs the model for it, may take of the machine's memory until the variant is written. */
  readonly memory?: Bytes
  readonly say?: (line: string) => void
}

export interface Optimized extends Pick<Changed, 'changed' | 'kept'> {
  readonly change: string
  /** What became of its nodes, where it was simplified. */
  readonly simplified?: Omit<Simplified, 'model'>
  /** Inputs that are constants now, where that was asked for. */
  readonly constantInputs?: readonly string[]
  readonly files: readonly WrittenFile[]
  /** What a run that was killed had written of them. */
  readonly resumed?: Bytes
  /** What of the original is not in the variant, in words. */
  readonly left: readonly string[]
  readonly comparison?: Comparison
  /** The most that the process held, or with one that ran the model for it, where memory was bounded. */
  readonly peak?: Bytes
  /** Of values, where the change asked for them. */
  readonly ranges?: readonly (readonly [value: string, Range])[]
}

/** What the change is called that only simplifies. */
export const SIMPLIFIED = 'simplified'

/** The key of a model's metadata under which its change stands. */
const CHANGE_KEY = 'ballast.change'

/**
 * Writes a variant of an opened ONNX model, streaming its weights, and measures it beside the original. Throws
 * OptimizeError, what readers and writers throw, and MODEL_UNLOADABLE.
 */
export async function optimizeModel(model: OpenedModel, request: OptimizeRequest): Promise<Optimized> {
  const { path, out, change, measure, memory, say } = request
  const simplifies = request.simplify || change.kind === 'simplify'
  if (model.file.format !== 'onnx' || !model.input)
    throw new BallastError('OPTIMIZE_FORMAT', {
      message: `${model.file.name} is ${model.file.format}; ONNX is what is optimised`,
      hint: '`ballast convert` makes ONNX of it first.',
    })
  const lifted = await liftOnnx(model.input)
  const own = { program: request.program ?? started(), ...(memory !== undefined && { memory }) }
  const computer = simplifies ? await constantComputer(own) : undefined
  try {
    const listed = request.constantInputs ? listedAsConstants(lifted.model) : undefined
    const given = listed?.model ?? lifted.model
    const simplified = computer && (await simplify(given, { computer }))
    const original = simplified?.model ?? constantsAsInitializers(given)
    const ranges = change.kind === 'int8-static' ? await rangesFor(original, change, request) : new Map()
    const bound = memory === undefined ? undefined : new MemoryBound(memory, dirname(out))
    const { model: made, changed, kept } = apply(original, request, ranges, bound)
    const variant = bound?.keep(made) ?? made
    const what = describeChange(change, simplifies)
    if (simplified) say?.(`${SIMPLIFIED}: ${simplified.nodes.before} nodes → ${simplified.nodes.after}`)
    if (change.kind !== 'simplify')
      say?.(`${what}: ${changed.length} of ${original.graph.nodes.length} nodes`)
    const metadata = [...(variant.metadata ?? []), { key: CHANGE_KEY, value: what }]
    const sources = model.file.files.map(file => join(dirname(path), file.path))
    const { files, resumed } = await writeModel({ ...variant, metadata }, out, sources)
    say?.('written; now both are run')
    const paths = { original: path, variant: out }
    const comparison = measure && (await compared(paths, measure, own))
    return {
      change: what,
      ...(simplified && { simplified: withoutModel(simplified) }),
      ...(listed && { constantInputs: listed.names }),
      changed,
      kept,
      files,
      left: lifted.left,
      ...(resumed > 0 && { resumed }),
      ...(comparison && { comparison }),
      ...(bound && { peak: peakTogether() }),
      ...(ranges.size > 0 && { ranges: [...ranges] }),
    }
  } finally {
    await computer?.close()
    await lifted.close()
  }
}

function withoutModel({ nodes, passes, kept }: Simplified): Omit<Simplified, 'model'> {
  return { nodes, passes, kept }
}

/** The runtime is loaded where a model is run. */
async function compared(
  paths: { readonly original: string; readonly variant: string },
  measure: MeasureOptions,
  own: Pick<ApartOptions, 'program' | 'memory'>,
): Promise<Comparison> {
  const { compareModels } = await import('./measure.ts')
  const comparison = await compareModels(paths, measure)
  const original = await footprintOf(paths.original, measure, own)
  const variant = await footprintOf(paths.variant, measure, own)
  return withFootprints(comparison, original, variant)
}

function rangesFor(model: OnnxModel, change: StaticChange, { calibrate }: OptimizeRequest): Promise<Ranges> {
  if (calibrate) return calibrate(model, change)
  throw new BallastError('NO_DATA', {
    message: 'There is no data to calibrate with',
    hint: 'Name it with --data, or add `evaluate: { data: data/test.npz }` to ballast.yaml.',
  })
}

function apply(
  model: OnnxModel,
  { change, keep }: OptimizeRequest,
  ranges: Ranges,
  workspace: Workspace | undefined,
): Changed {
  const common = { keep, ...(workspace && { workspace }) }
  switch (change.kind) {
    case 'simplify':
      return { model, changed: [], kept: [] }
    case 'int8-static':
      return quantizeStatic(model, ranges, { ...change, keep })
    case 'int8': {
      const { dtype, reduced, perChannel } = change
      return quantizeDynamic(model, { weights: { dtype, reduced }, perChannel, ...common })
    }
    case 'blocks':
      return quantizeBlocks(model, { ...change, ...common })
    case 'fp16':
      return halve(model, { keep })
    case 'storage':
      return storeHalves(model, change)
  }
}

function describeChange(change: Change, simplifies = false): string {
  if (simplifies && change.kind !== 'simplify') return `${SIMPLIFIED}, ${describeChange(change)}`
  switch (change.kind) {
    case 'simplify':
      return SIMPLIFIED
    case 'int8-static': {
      const { activations, weights, perChannel, calibrate, samples } = change
      const how = `${perChannel ? ' per channel' : ''}${weights.reduced ? ', reduced range' : ''}`
      const symmetric = activations.symmetric ? 'symmetric ' : ''
      return `static ${symmetric}${activations.dtype}, weights ${weights.dtype}${how}, ${calibrate} of at most ${samples} examples`
    }
    case 'int8':
      return `dynamic ${change.dtype}${change.perChannel ? ' per channel' : ''}${change.reduced ? ', reduced range' : ''}`
    case 'blocks':
      return `int${change.bits} in ${change.asymmetric ? 'asymmetric ' : ''}blocks of ${change.size}, accuracy level ${change.accuracyLevel}`
    case 'fp16':
      return 'float16'
    case 'storage':
      return `weights stored as ${change.dtype}`
  }
}
