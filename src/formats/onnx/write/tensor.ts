import { elementCount } from '../../../core/index.ts'
import { failing } from '../../errors.ts'
import {
  bytesField,
  type Part,
  type StreamedPart,
  textField,
  varint,
  varintField,
} from '../../protobuf/encode.ts'
import { bytesOf } from '../dtypes.ts'
import { ONNX_DTYPES, type OnnxDtype } from '../types.ts'
import type { Externals } from './externals.ts'
import type { OnnxTensor } from './types.ts'

const invalid = failing('FORMAT_MALFORMED', 'Give exactly the bytes that shape and type of the tensor take.')

/** TensorProto.DataType's number. Throws FORMAT_MALFORMED for types that can't be written. */
export function dtypeNumber(dtype: OnnxDtype, what: string): number {
  const number = (ONNX_DTYPES as readonly string[]).indexOf(dtype)
  if (number < 1) throw invalid(`${what} has the type ${dtype}, which can't be written`)
  return number
}

/** A TensorProto: 1 dims, 2 data_type, 8 name, and its elements, here or in the external file. */
export function encodeTensor(tensor: OnnxTensor, externals?: Externals): Part[] {
  return [...encodeElements(tensor, externals), ...textField(8, tensor.name)]
}

/** All of a TensorProto but what describes it to people. */
export function encodeElements(tensor: OnnxTensor, externals?: Externals): Part[] {
  const { name, dtype, shape, data } = tensor
  const elements = elementCount(shape)
  const what = `The tensor '${name}' of shape [${shape.join(', ')}]`
  if (!Number.isSafeInteger(elements) || shape.some(size => size < 0 || !Number.isSafeInteger(size)))
    throw invalid(`${what} has a size that is none`)
  const head = [
    ...(shape.length > 0 ? bytesField(1, shape.map(varint)) : []),
    ...varintField(2, dtypeNumber(dtype, what)),
  ]
  if (dtype === 'string') return [...head, ...encodeTexts(data, elements, what)]
  const bytes = bytesOf(dtype, elements)!
  if (typeof data !== 'function' && (!(data instanceof Uint8Array) || data.byteLength !== bytes))
    throw invalid(
      `${what} takes ${bytes} bytes, and ${'byteLength' in data ? data.byteLength : 'text'} were given`,
    )
  const part = partOf(data, bytes, what)
  return [...head, ...(externals?.place(part) ?? bytesField(9, [part]))]
}

function partOf(data: OnnxTensor['data'], byteLength: number, what: string): Part {
  if (data instanceof Uint8Array) return data
  return { byteLength, what, stream: data as StreamedPart['stream'] }
}

function encodeTexts(data: OnnxTensor['data'], elements: number, what: string): Part[] {
  if (typeof data === 'function' || data instanceof Uint8Array) throw invalid(`${what} needs texts`)
  if (data.length !== elements)
    throw invalid(`${what} takes ${elements} texts, and ${data.length} were given`)
  return data.flatMap(text => bytesField(6, text))
}
