import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { DTYPES, type Dtype, type Tensor, type TensorData } from '../../core/index.ts'
import { ModelError } from '../errors.ts'
import type { TensorSpec } from '../types.ts'

type OrtModule = typeof import('onnxruntime-node')

/** A tensor as the runtime takes it: the same memory. float16 goes as its raw bits. */
export function toOrt(ort: OrtModule, { dtype, shape, data }: Tensor): OrtTensor {
  const value = new ort.Tensor(dtype as OrtTensor.Type, data as OrtTensor.DataType, shape)
  // Its JavaScript half turns these bits into a Float16Array, which its native half can't read ("got 0 bytes").
  if (dtype === 'float16') Object.defineProperty(value, 'data', { value: data })
  return value
}

export function fromOrt(name: string, value: OrtTensor): Tensor {
  const dtype = dtypeOf(value.type)
  if (!dtype) {
    throw new ModelError('OUTPUT_INVALID', {
      message: `The output '${name}' has the type ${value.type}, which is not supported`,
      hint: `Export it as one of ${DTYPES.join(', ')}.`,
    })
  }
  return { dtype, shape: [...value.dims], data: rawBits(value.data) }
}

/** The runtime's float16 arrays as their 16 raw bits; others as they are. */
function rawBits(data: OrtTensor.DataType): TensorData {
  if (ArrayBuffer.isView(data) && Object.prototype.toString.call(data) === '[object Float16Array]') {
    return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
  }
  return data as TensorData
}

/** Undefined for what is no tensor (scikit-learn's lists of maps) or has a type without a place here. */
export function specOf(value: InferenceSession.ValueMetadata): TensorSpec | undefined {
  if (!value.isTensor) return undefined
  const dtype = dtypeOf(value.type)
  return dtype && { name: value.name, dtype, shape: value.shape.map(size => (size === '' ? null : size)) }
}

function dtypeOf(type: string): Dtype | undefined {
  return DTYPES.find(dtype => dtype === type)
}
