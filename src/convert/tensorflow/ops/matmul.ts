import { permuted } from '../../channels-last/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { cast, emit, input, rankOf } from './emit.ts'

/** The last two axes exchanged; of a weight when it is written. */
function transposed(b: Emitter, x: Value): Value {
  if (!x.shape) return b.op('Einsum', [x], { attributes: { equation: { text: '...ij->...ji' } } })
  const rank = x.shape.length
  const order = x.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i))
  return x.tensor && !x.known
    ? permuted(b, x, order)
    : b.op('Transpose', [x], { attributes: { perm: { ints: order } } })
}

/** A product, with axes exchanged where the two attributes say so. */
export function matmul(call: OpCall, first: string, second: string): Value {
  const { emitter: b, attributes } = call
  const [x, y] = [input(call, 0), input(call, 1)]
  const a = attributes.bool(first, false) ? transposed(b, x) : x
  return emit(b, 'MatMul', [a, attributes.bool(second, false) ? transposed(b, y) : y])
}

const product =
  (first: string, second: string): Convert =>
  call =>
    matmul(call, first, second)

/** Of any types, with a result of its own. */
const batchMatMulV3: Convert = call => {
  const { emitter: b, attributes } = call
  const dtype = attributes.dtype('Tout', input(call, 0).dtype)
  const [x, y] = [cast(b, input(call, 0), dtype), cast(b, input(call, 1), dtype)]
  const a = attributes.bool('adj_x', false) ? transposed(b, x) : x
  return emit(b, 'MatMul', [a, attributes.bool('adj_y', false) ? transposed(b, y) : y])
}

const NEXT = [1, 2, 0]
const LAST = [2, 0, 1]

/** The cross product along the last axis, of 3 elements. */
const cross: Convert = call => {
  const { emitter: b } = call
  const [x, y] = [input(call, 0), input(call, 1)]
  const axis = rankOf(x) - 1
  const turned = (v: Value, order: readonly number[]) =>
    b.op('Gather', [v, b.ints(order)], { attributes: { axis: { int: axis } } })
  const first = emit(b, 'Mul', [turned(x, NEXT), turned(y, LAST)])
  return emit(b, 'Sub', [first, emit(b, 'Mul', [turned(x, LAST), turned(y, NEXT)])])
}

const determinant: Convert = call => {
  const x = input(call, 0)
  if (x.shape && x.shape.length < 2) throw new Refusal('of a tensor that is no matrix')
  const types = [
    {
      dtype: x.dtype === 'float64' ? 'float32' : x.dtype,
      ...(x.shape && { shape: x.shape.slice(0, -2) }),
    } as const,
  ]
  return emit(call.emitter, 'Det', [x], { types })
}

/** ONNX Runtime's own op: ONNX has none. */
const inverse: Convert = call => {
  const x = input(call, 0)
  if (call.attributes.bool('adjoint', false)) throw new Refusal('adjoint=true')
  return call.emitter.op('Inverse', [x], {
    domain: 'com.microsoft',
    types: [{ dtype: x.dtype, ...(x.shape && { shape: x.shape }) }],
  })
}

const lastAxis =
  (op: string): Convert =>
  call =>
    emit(call.emitter, op, [input(call, 0)], { attributes: { axis: { int: -1 } } })

export const matmulOps: OpTable = {
  MatMul: { convert: product('transpose_a', 'transpose_b') },
  SparseMatMul: { convert: product('transpose_a', 'transpose_b') },
  BatchMatMul: { convert: product('adj_x', 'adj_y') },
  BatchMatMulV2: { convert: product('adj_x', 'adj_y') },
  BatchMatMulV3: { convert: batchMatMulV3 },
  Cross: { convert: cross },
  MatrixDeterminant: { convert: determinant, limits: 'float64 in the precision of float32' },
  MatrixInverse: { convert: inverse },
  Softmax: { convert: lastAxis('Softmax') },
  LogSoftmax: { convert: lastAxis('LogSoftmax') },
}
