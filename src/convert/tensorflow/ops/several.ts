import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpTable } from '../op.ts'
import { cast, emit, input, like, rankOf } from './emit.ts'

const addAll: Convert = call => {
  const { emitter: b, inputs } = call
  return inputs.slice(1).reduce((sum, x) => emit(b, 'Add', [sum, x]), input(call, 0))
}

const isScalar = ({ shape }: Value): boolean => shape?.length === 0

const clip: Convert = call => {
  const { emitter: b } = call
  const [x, low, high] = [input(call, 0), input(call, 1), input(call, 2)]
  if (isScalar(low) && isScalar(high)) return emit(b, 'Clip', [x, low, high])
  return emit(b, 'Min', [emit(b, 'Max', [x, low]), high])
}

/** A condition in one axis chooses whole rows of tensors with more axes. */
const select: Convert = call => {
  const { emitter: b } = call
  const [condition, x, y] = [input(call, 0), input(call, 1), input(call, 2)]
  const more = condition.shape?.length === 1 ? (x.shape?.length ?? 1) - 1 : 0
  const rows =
    more > 0
      ? b.op('Unsqueeze', [condition, b.ints(Array.from({ length: more }, (_, i) => i + 1))])
      : condition
  return emit(b, 'Where', [rows, x, y], { computed: [1, 2] })
}

const selectV2: Convert = call => {
  const [condition, x, y] = [input(call, 0), input(call, 1), input(call, 2)]
  return emit(call.emitter, 'Where', [condition, x, y], { computed: [1, 2] })
}

const biasAdd: Convert = call => {
  const { emitter: b, attributes } = call
  const [x, bias] = [input(call, 0), input(call, 1)]
  const after = attributes.text('data_format', 'NHWC').startsWith('NC') ? rankOf(x) - 2 : 0
  if (after <= 0) return emit(b, 'Add', [x, bias])
  const axes = b.ints(Array.from({ length: after }, (_, i) => i + 1))
  return emit(b, 'Add', [x, b.op('Unsqueeze', [bias, axes])])
}

/** Half the sum of all squares. */
const l2Loss: Convert = call => {
  const { emitter: b } = call
  const x = input(call, 0)
  const sum = emit(b, 'ReduceSumSquare', [x], { attributes: { keepdims: { int: 0 } } })
  return emit(b, 'Mul', [sum, like(b, x, 0.5)])
}

const COMPLEX = /^complex/

const convertCast: Convert = call => {
  const x = input(call, 0)
  const dtype = call.attributes.dtype('DstT')
  if (COMPLEX.test(dtype) || COMPLEX.test(x.dtype)) throw new Refusal(`from ${x.dtype} to ${dtype}`)
  return cast(call.emitter, x, dtype)
}

/** The same bits as another type. */
const bitcast: Convert = call => {
  const x = input(call, 0)
  const dtype = call.attributes.dtype('type')
  if (dtype !== x.dtype) throw new Refusal(`the bits of ${x.dtype} as ${dtype}`)
  return x
}

export const severalOps: OpTable = {
  AddN: { convert: addAll },
  AccumulateNV2: { convert: addAll },
  ClipByValue: { convert: clip },
  Select: { convert: select },
  SelectV2: { convert: selectV2 },
  BiasAdd: { convert: biasAdd },
  BiasAddV1: { convert: biasAdd },
  L2Loss: { convert: l2Loss },
  Cast: { convert: convertCast, limits: 'no complex numbers' },
  ToBool: { convert: call => cast(call.emitter, input(call, 0), 'bool') },
  Bitcast: { convert: bitcast, limits: 'to the same type' },
}
