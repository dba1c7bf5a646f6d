import { MAX_KNOWN, type OnnxDtype, type OnnxTensor } from '../../formats/index.ts'
import type { StoredTensor } from '../../formats/tensorflow/index.ts'
import { failing } from '../errors.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'
import type { Constant } from './op.ts'
import { complexOf } from './ops/complex.ts'

/** Elements that are read to be looked at: keys and values of large tables. What a model has learnt is never. */
export const MAX_CONSTANT = 16_000_000

const tooLarge = failing('CONVERT_LIMIT', 'No op needs as much to be known while converting.')
const invalid = failing('CONVERT_INVALID', 'Save the model again with TensorFlow.')

type Elements = Iterable<number | bigint>

const DECODERS: Readonly<Partial<Record<OnnxDtype, (bytes: ArrayBuffer) => Elements>>> = {
  float32: bytes => new Float32Array(bytes),
  float64: bytes => new Float64Array(bytes),
  float16: bytes => new Float16Array(bytes),
  int8: bytes => new Int8Array(bytes),
  int16: bytes => new Int16Array(bytes),
  int32: bytes => new Int32Array(bytes),
  int64: bytes => new BigInt64Array(bytes),
  uint8: bytes => new Uint8Array(bytes),
  uint16: bytes => new Uint16Array(bytes),
  uint32: bytes => new Uint32Array(bytes),
  uint64: bytes => new BigUint64Array(bytes),
  bool: bytes => new Uint8Array(bytes),
}

/** A constant of the graph: small ones are known while converting, large ones are read when the model is written. */
export async function constantValue(
  emitter: Emitter,
  stored: StoredTensor,
  dtype: OnnxDtype,
): Promise<Value> {
  const { info, bytes, text } = stored
  if (dtype === 'string' || (info.elements <= MAX_KNOWN && DECODERS[dtype])) {
    const { elements } = await elementsOf(stored, dtype)
    return emitter.constant(dtype, info.shape, elements)
  }
  if (!bytes || text) throw new Refusal(`its value is ${info.dtype}, which has no form in ONNX`)
  if (dtype === 'complex64' || dtype === 'complex128') {
    const parts = dtype === 'complex64' ? 'float32' : 'float64'
    return complexOf(emitter.weight({ dtype: parts, shape: [...info.shape, 2], data: bytes }))
  }
  return emitter.weight({ dtype, shape: info.shape, data: bytes })
}

/** All elements of a stored tensor. Throws CONVERT_LIMIT, and what reading throws. */
export async function elementsOf({ info, bytes, text }: StoredTensor, dtype: OnnxDtype): Promise<Constant> {
  const { shape } = info
  checkCount(info.elements)
  if (text) {
    const elements: string[] = []
    for await (const element of text()) elements.push(element)
    return { dtype, shape, elements }
  }
  if (!bytes) throw new Refusal(`its value is ${info.dtype}, which has no form in ONNX`)
  return { dtype, shape, elements: await decoded(bytes(), dtype, info.elements) }
}

/** Elements of a value that every call of the model has alike. Throws Refusal for one that is computed. */
export async function knownElements(value: Value, what: string): Promise<Constant> {
  const { dtype, shape, known, tensor } = value
  const fixed = shape?.every(size => typeof size === 'number') ? (shape as readonly number[]) : undefined
  if (fixed && known && isWhole(value)) return { dtype, shape: fixed, elements: known as readonly number[] }
  if (!fixed || !tensor) throw new Refusal(`its ${what} is computed from what the model gets`)
  const count = fixed.reduce((product, size) => product * size, 1)
  checkCount(count)
  return { dtype, shape: fixed, elements: await dataOf(tensor, count) }
}

function isWhole({ dtype, known }: Value): boolean {
  return known!.every(element => element !== null && (dtype === 'string' || typeof element !== 'string'))
}

async function dataOf({ data, dtype }: OnnxTensor, count: number): Promise<Constant['elements']> {
  if (data instanceof Uint8Array) return decoded([data], dtype, count)
  if (typeof data === 'function') return decoded(data(), dtype, count)
  return data
}

async function decoded(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  dtype: OnnxDtype,
  count: number,
): Promise<(number | bigint)[]> {
  const decode = DECODERS[dtype]
  if (!decode) throw new Refusal(`its value is ${dtype}, which is not looked into`)
  const elements: (number | bigint)[] = []
  for await (const piece of pieces)
    for (const element of decode(Uint8Array.from(piece).buffer)) {
      const plain = Number(element)
      elements.push(typeof element === 'number' || Number.isSafeInteger(plain) ? plain : element)
    }
  if (elements.length === count) return elements
  throw invalid(`A constant has ${elements.length} elements, and its shape ${count}`)
}

function checkCount(count: number): void {
  if (count > MAX_CONSTANT)
    throw tooLarge(
      `A constant of ${count} elements must be known while converting; the limit is ${MAX_CONSTANT}`,
    )
}
