import { bytesPerElement } from '../../../core/index.ts'
import type { ModelSignature, TensorSpec } from '../../../model/index.ts'
import { MAX_BODY_BYTES } from '../limits.ts'
import { protocolNameOf } from './dtypes.ts'
import type { Served } from './infer-response.ts'

/** A string's least bytes in a request: its length. */
const STRING_BYTES = 4
const MAX_INT32 = 2 ** 31 - 1

export interface ConfigPort {
  readonly name: string
  readonly data_type: string
  /** Without the batch axis where max_batch_size is not 0. −1 is free. */
  readonly dims: readonly number[]
}

/** What there is to tell of Triton's model configuration: the ports, and how many rows a request may have. */
export interface TritonConfig {
  readonly name: string
  readonly platform: string
  readonly backend: string
  /** Rows that fit into one request; 0 where the first axis is no batch. */
  readonly max_batch_size: number
  readonly input: readonly ConfigPort[]
  readonly output: readonly ConfigPort[]
}

/** GET /v2/models/M/config: https://github.com/triton-inference-server/common, model_config.proto. */
export function tritonConfig({ model }: Served, { inputs, outputs }: ModelSignature): TritonConfig {
  const batches = [...inputs, ...outputs].every(
    ({ shape }) => shape.length > 0 && typeof shape[0] !== 'number',
  )
  const port = ({ name, dtype, shape }: TensorSpec): ConfigPort => ({
    name,
    data_type: dtype === 'string' ? 'TYPE_STRING' : `TYPE_${protocolNameOf(dtype)}`,
    dims: (batches ? shape.slice(1) : shape).map(size => (typeof size === 'number' ? size : -1)),
  })
  return {
    name: model,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    max_batch_size: batches ? rowsOf(inputs) : 0,
    input: inputs.map(port),
    output: outputs.map(port),
  }
}

function rowsOf(inputs: readonly TensorSpec[]): number {
  const row = inputs.reduce((sum, { dtype, shape }) => {
    const elements = shape.slice(1).reduce<number>((n, size) => n * (typeof size === 'number' ? size : 1), 1)
    return sum + elements * (bytesPerElement(dtype) ?? STRING_BYTES)
  }, 0)
  return Math.max(1, Math.min(MAX_INT32, Math.floor(MAX_BODY_BYTES / Math.max(1, row))))
}
