import type { Dtype } from '../../../core/index.ts'
import type { TensorSpec } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'

/** DataType of TensorFlow's types.proto. */
const TENSORFLOW: Readonly<Record<Dtype, string>> = {
  float32: 'DT_FLOAT',
  float64: 'DT_DOUBLE',
  float16: 'DT_HALF',
  bfloat16: 'DT_BFLOAT16',
  int8: 'DT_INT8',
  int16: 'DT_INT16',
  int32: 'DT_INT32',
  int64: 'DT_INT64',
  uint8: 'DT_UINT8',
  uint16: 'DT_UINT16',
  uint32: 'DT_UINT32',
  uint64: 'DT_UINT64',
  bool: 'DT_BOOL',
  string: 'DT_STRING',
}

/** GET /v1/models/M/metadata: the signature as TensorFlow Serving tells it. Sizes of 64 bits are text there. */
export function metadataBodyV1({ name, version, signature }: ServedModel): string {
  return JSON.stringify({
    model_spec: { name, signature_name: '', version },
    metadata: {
      signature_def: {
        signature_def: {
          serving_default: {
            inputs: tensors(signature.inputs),
            outputs: tensors(signature.outputs),
            method_name: 'tensorflow/serving/predict',
          },
        },
      },
    },
  })
}

function tensors(specs: readonly TensorSpec[]): object {
  return Object.fromEntries(
    specs.map(({ name, dtype, shape }) => [
      name,
      {
        dtype: TENSORFLOW[dtype],
        tensor_shape: {
          dim: shape.map(size => ({ size: String(typeof size === 'number' ? size : -1), name: '' })),
          unknown_rank: false,
        },
        name,
      },
    ]),
  )
}

/** A version for the status of a model. */
export interface V1Version {
  readonly version: number | string
  readonly ready: boolean
}

/** GET /v1/models/M: KServe's `ready`, and TensorFlow Serving's state of each version. */
export function statusBodyV1(name: string, versions: readonly V1Version[]): string {
  return JSON.stringify({
    name,
    ready: versions.some(({ ready }) => ready),
    model_version_status: versions.map(({ version, ready }) => ({
      version: String(version),
      state: ready ? 'AVAILABLE' : 'LOADING',
      status: { error_code: 'OK', error_message: '' },
    })),
  })
}

/** GET /v1/models. */
export function modelsBodyV1(names: readonly string[]): string {
  return JSON.stringify({ models: names })
}
