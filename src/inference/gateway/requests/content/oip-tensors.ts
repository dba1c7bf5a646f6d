import type { Tensor } from '../../../../core/index.ts'
import { dtypeOfProtocol, tensorOfBytes } from '../../../protocols/index.ts'

/** A tensor whose elements stand behind the JSON. */
export interface BinaryTensor {
  /** In the list of the JSON. */
  readonly index: number
  readonly bytes: Buffer
  /** Of outputs, which decide something; undefined where its shape or type can't be read. */
  readonly tensor: Tensor | undefined
}

/** Cuts what follows the JSON of the binary tensor extension, by the sizes that the JSON gives, in their order. */
export function binaryTensors(document: unknown, binary: Buffer, side: 'inputs' | 'outputs'): BinaryTensor[] {
  const list = member(document, side)
  if (!Array.isArray(list)) return []
  const found: BinaryTensor[] = []
  let at = 0
  list.forEach((each: unknown, index) => {
    const size = member(member(each, 'parameters'), 'binary_data_size')
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || at + size > binary.length)
      return
    const bytes = binary.subarray(at, at + size)
    at += size
    found.push({ index, bytes, tensor: side === 'outputs' ? tensorOf(each, bytes) : undefined })
  })
  return found
}

function tensorOf(each: unknown, bytes: Buffer): Tensor | undefined {
  const [datatype, shape] = [member(each, 'datatype'), member(each, 'shape')]
  const dtype = typeof datatype === 'string' ? dtypeOfProtocol(datatype) : undefined
  if (dtype === undefined || !Array.isArray(shape) || !shape.every(Number.isSafeInteger)) return undefined
  try {
    return tensorOfBytes('', dtype, shape as number[], bytes)
  } catch {
    return undefined
  }
}

/** Own members alone. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return Reflect.get(value, name)
}
