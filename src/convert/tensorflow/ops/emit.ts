import type { OnnxDtype } from '../../../formats/index.ts'
import { failing } from '../../errors.ts'
import { cast } from '../../graph/cast.ts'
import type { Attributes, Emitter, OpOptions, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall } from '../op.ts'
import { kernelType } from './kernels.ts'

export const invalid = failing('CONVERT_INVALID', 'The model file contradicts itself; save it again.')

/** An input that the op always has. Throws CONVERT_INVALID where the node has fewer. */
export function input(call: OpCall, i: number): Value {
  const value = call.inputs[i]
  if (!value) throw invalid(`${call.op} '${call.name}' has ${call.inputs.length} inputs, and no input ${i}`)
  return value
}

/** The rank of an input. Throws Refusal where it is not known. */
export function rankOf(value: Value): number {
  if (!value.shape) throw new Refusal('of a tensor whose rank is not known')
  return value.shape.length
}

export { cast }

/** As ONNX takes shapes, axes and bounds. */
export const int64 = (b: Emitter, x: Value): Value => cast(b, x, 'int64')

/** int64 in one axis, of a scalar or of any shape. */
export function listOf(b: Emitter, x: Value): Value {
  const wide = int64(b, x)
  return wide.shape?.length === 1 ? wide : b.op('Reshape', [wide, b.ints([-1])])
}

/** A tensor's elements in one axis. */
export function listed(b: Emitter, x: Value): Value {
  return x.shape?.length === 1 ? x : b.op('Reshape', [x, b.ints([-1])])
}

/** A list of as many elements as a tensor has, in its shape. */
export function relisted(b: Emitter, list: Value, of: Value): Value {
  return of.shape?.length === 1 ? list : b.op('Reshape', [list, b.op('Shape', [of])])
}

export interface EmitOptions extends OpOptions {
  /** Inputs that have the type which the operator computes in; the others keep theirs. Default: all. */
  readonly computed?: readonly number[]
}

/**
 * A node whose operator ONNX Runtime can compute in the type of its inputs; where it can't, in a wider one, and its
 * first output is given the inputs' type again. Throws Refusal where there is none.
 */
export function emit(
  b: Emitter,
  op: string,
  inputs: readonly (Value | undefined)[],
  { computed, ...options }: EmitOptions = {},
): Value {
  const of = computed ?? inputs.map((_, i) => i)
  const dtype = inputs[of[0] ?? 0]?.dtype
  const wide = dtype && kernelType(op, dtype)
  if (dtype === undefined || wide === dtype) return b.op(op, inputs, options)
  if (wide === undefined) throw new Refusal(`of ${dtype}`, `Cast it to another type before ${b.source.kind}.`)
  const given = inputs.map((x, i) => (x && of.includes(i) ? cast(b, x, wide) : x))
  const y = b.op(op, given, options)
  return y.dtype === wide ? cast(b, y, dtype) : y
}

/** The operator that does an op's work, with nothing more to say. */
export function node(op: string, attributes: Attributes = {}, inputs = 1): Convert {
  return call =>
    emit(
      call.emitter,
      op,
      Array.from({ length: inputs }, (_, i) => input(call, i)),
      { attributes },
    )
}

const PLAIN = /^(float(16|32|64)|u?int(8|16|32|64)|bool)$/

/** A number of a type. Throws Refusal for types that ONNX Runtime doesn't compute with. */
export function number(b: Emitter, dtype: OnnxDtype, value: number): Value {
  if (PLAIN.test(dtype)) return b.scalar(dtype, value)
  if (dtype === 'bfloat16') return cast(b, b.scalar('float32', value), dtype)
  throw new Refusal(`of ${dtype}`)
}

/** A number of an input's type. */
export const like = (b: Emitter, x: Value, value: number): Value => number(b, x.dtype, value)
