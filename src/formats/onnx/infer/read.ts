import { failing } from '../../errors.ts'
import { ONNX_DTYPES, type OnnxDtype } from '../types.ts'
import type { InferredType, NodeToInfer } from './types.ts'
import type { Element, Shape, Value } from './values.ts'

export const unfit = failing('ONNX_MALFORMED', 'The model file contradicts itself; save it again.')

export function typed(dtype: OnnxDtype, shape: Shape | undefined): InferredType {
  return { dtype, ...(shape && { shape }) }
}

/** A shape of this rank, every size open. Throws ONNX_MALFORMED for a rank below 0: a tensor had too few axes. */
export function open(rank: number): Shape {
  if (rank < 0) throw unfit('A tensor has too few axes')
  return new Array<null>(rank).fill(null)
}

export function intOf({ attributes }: NodeToInfer, name: string): number | undefined
export function intOf({ attributes }: NodeToInfer, name: string, otherwise: number): number
export function intOf({ attributes }: NodeToInfer, name: string, otherwise?: number): number | undefined {
  const value = attributes[name]
  return value && 'int' in value ? Number(value.int) : otherwise
}

export function intsOf({ attributes }: NodeToInfer, name: string): readonly number[] | undefined {
  const value = attributes[name]
  return value && 'ints' in value ? value.ints.map(Number) : undefined
}

export function textOf({ attributes }: NodeToInfer, name: string, otherwise = ''): string {
  const value = attributes[name]
  return value && 'text' in value ? value.text : otherwise
}

/** Items of a list attribute; 0 where it is absent. */
export function lengthOf({ attributes }: NodeToInfer, name: string): number {
  const value = attributes[name]
  if (!value) return 0
  if ('ints' in value) return value.ints.length
  if ('floats' in value) return value.floats.length
  if ('texts' in value) return value.texts.length
  if ('tensor' in value) return value.tensor.shape[0] ?? 1
  return 0
}

/** The type that an attribute names by TensorProto.DataType's number. */
export function dtypeOf(node: NodeToInfer, name: string, otherwise: OnnxDtype): OnnxDtype {
  const number = intOf(node, name)
  return number === undefined ? otherwise : (ONNX_DTYPES[number] ?? otherwise)
}

/** An axis counted from 0. Throws ONNX_MALFORMED for one that is not there. */
export function axisIn({ op }: NodeToInfer, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(at) || at < 0 || at >= rank)
    throw unfit(`${op}: a tensor of ${rank} axes has no axis ${axis}`)
  return at
}

/** Elements of a value that are all known numbers, else undefined. */
export function numbersOf(value: Value | undefined): readonly number[] | undefined {
  const known = value?.known
  return known?.every(element => typeof element === 'number') ? (known as readonly number[]) : undefined
}

/** How many elements an input in one axis has, where it is known. */
export function countOf(value: Value | undefined): number | undefined {
  if (!value) return undefined
  if (value.known) return value.known.length
  const [size] = value.shape ?? []
  return value.shape?.length === 1 && typeof size === 'number' ? size : undefined
}

/** Elements of an int64 in one axis as sizes: all of them open where only their number is known. */
export function sizesOf(value: Value | undefined): readonly Element[] | undefined {
  if (!value) return undefined
  if (value.known) return value.known
  const count = countOf(value)
  return count === undefined || count > MAX_RANK ? undefined : open(count)
}

/** ONNX Runtime's own kernels go to 8 or so; numpy's to 64. */
export const MAX_RANK = 64
