import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BallastError, type Digest, digestOfFile } from '../../core/index.ts'
import { liftOnnx, type OnnxModel, type OpenedModel } from '../../formats/index.ts'
import {
  type Change,
  type Changed,
  constantsAsInitializers,
  halve,
  quantizeBlocks,
  quantizeDynamic,
  storeHalves,
} from '../../optimize/index.ts'
import { externalName, writeModel } from '../output/write-model.ts'
import { type Comparison, compareModels, type MeasureOptions } from './measure.ts'

export interface OptimizeRequest {
  readonly path: string
  readonly out: string
  readonly change: Change
  readonly keep: ReadonlySet<string>
  /** Absent: the variant is written and not measured. */
  readonly measure?: MeasureOptions
  readonly say?: (line: string) => void
}

export interface Optimized extends Pick<Changed, 'changed' | 'kept'> {
  readonly change: string
  readonly files: readonly { readonly path: string; readonly size: number; readonly digest: Digest }[]
  /** What of the original is not in the variant, in words. */
  readonly left: readonly string[]
  readonly comparison?: Comparison
}

/** The key of a model's metadata under which its change stands. */
const CHANGE_KEY = 'ballast.change'

/**
 * Writes a variant of an opened ONNX model, streaming its weights, and measures it beside the original. Throws
 * OptimizeError, what readers and writers throw, and MODEL_UNLOADABLE.
 */
export async function optimizeModel(model: OpenedModel, request: OptimizeRequest): Promise<Optimized> {
  const { path, out, change, keep, measure, say } = request
  if (model.file.format !== 'onnx' || !model.input)
    throw new BallastError('OPTIMIZE_FORMAT', {
      message: `${model.file.name} is ${model.file.format}; ONNX is what is optimised`,
      hint: '`ballast convert` makes ONNX of it first.',
    })
  const lifted = await liftOnnx(model.input)
  try {
    const { model: variant, changed, kept } = apply(constantsAsInitializers(lifted.model), change, keep)
    const what = describeChange(change)
    say?.(`${what}: ${changed.length} of ${lifted.model.graph.nodes.length} nodes`)
    const metadata = [...(variant.metadata ?? []), { key: CHANGE_KEY, value: what }]
    const written = await writeModel({ ...variant, metadata }, out)
    say?.('written; now both are run')
    const comparison = measure && (await compareModels({ original: path, variant: out }, measure))
    const paths = written.externalBytes > 0 ? [out, join(dirname(out), externalName(out))] : [out]
    const files = await Promise.all(
      paths.map(async file => ({
        path: file,
        size: (await stat(file)).size,
        digest: await digestOfFile(file),
      })),
    )
    return { change: what, changed, kept, files, left: lifted.left, ...(comparison && { comparison }) }
  } finally {
    await lifted.close()
  }
}

function apply(model: OnnxModel, change: Change, keep: ReadonlySet<string>): Changed {
  switch (change.kind) {
    case 'int8': {
      const { dtype, reduced, perChannel } = change
      return quantizeDynamic(model, { weights: { dtype, reduced }, perChannel, keep })
    }
    case 'blocks':
      return quantizeBlocks(model, { ...change, keep })
    case 'fp16':
      return halve(model, { keep })
    case 'storage':
      return storeHalves(model, change)
  }
}

function describeChange(change: Change): string {
  switch (change.kind) {
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
