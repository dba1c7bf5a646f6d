import { elementCount } from '../../../core/index.ts'
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { OptimizeError } from '../../errors.ts'
import { constantsOf, freshNames } from '../../graph/weights.ts'
import type { Changed } from '../../types.ts'
import { halfTensor } from '../float16/weight.ts'

export interface StorageOptions {
  /** bfloat16 keeps the range of float32 and three digits, float16 its fourth digit and numbers up to 65504. */
  readonly dtype: 'float16' | 'bfloat16'
}

/** A Cast knows bfloat16 since 13. */
const LEAST_OPSET = { float16: 7, bfloat16: 13 } as const
/** A Cast and its names take some hundred bytes. */
const LEAST_ELEMENTS = 256
const FLOAT = 1

/**
 * float32 constants as halves, each behind a Cast to float32: half the size in the file, and everything is computed
 * as before, since the runtime makes float32 of them when it loads the model. Throws OPTIMIZE_UNSUPPORTED for an old
 * opset, OPTIMIZE_NOTHING where no constant has `LEAST_ELEMENTS`.
 */
export function storeHalves(model: OnnxModel, { dtype }: StorageOptions): Changed {
  const { graph, opsets } = model
  const opset = opsets.find(({ domain }) => domain === '')?.version ?? 0
  if (opset < LEAST_OPSET[dtype])
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `The model is of opset ${opset}; constants of ${dtype} need ${LEAST_OPSET[dtype]}`,
      hint: 'Export the model again with a newer opset.',
    })
  const constants = constantsOf(graph)
  const given = new Set(graph.outputs.map(({ name }) => name))
  const fresh = freshNames(graph)
  const casts: OnnxNode[] = []
  const initializers = (graph.initializers ?? []).map(tensor => {
    const { name } = tensor
    if (!constants.has(name) || given.has(name) || !isLarge(tensor)) return tensor
    const half = halfTensor(tensor, dtype)
    const stored = { ...half, name: fresh(`${name}_${dtype}`) }
    casts.push({
      name: `${stored.name}_cast`,
      op: 'Cast',
      inputs: [stored.name],
      outputs: [name],
      attributes: { to: { int: FLOAT } },
    })
    return stored
  })
  if (casts.length === 0)
    throw new OptimizeError('OPTIMIZE_NOTHING', {
      message: `The model has no float32 constant of ${LEAST_ELEMENTS} numbers`,
      hint: 'Leave it as it is.',
    })
  return {
    model: { ...model, graph: { ...graph, initializers, nodes: [...casts, ...graph.nodes] } },
    changed: casts.map(({ outputs }) => outputs[0]!),
    kept: [],
  }
}

function isLarge({ dtype, shape }: OnnxTensor): boolean {
  return dtype === 'float32' && elementCount(shape) >= LEAST_ELEMENTS
}
