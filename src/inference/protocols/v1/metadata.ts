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
