import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpTable } from '../op.ts'
import { emit, input, int64, like, listOf } from './emit.ts'
import { filledRows, type Reduction, scatterRows } from './scatter-rows.ts'

/** How many axes an index names. Throws Refusal where it is not known. */
function depthOf({ shape }: Value): number {
  const depth = shape?.at(-1)
  if (typeof depth !== 'number') throw new Refusal('of indices whose number of axes is not known')
  return depth
}

const concat = (b: Emitter, parts: readonly Value[]): Value =>
  b.op('Concat', parts, { attributes: { axis: { int: 0 } } })

/** Elements of a shape from one place to another, int64. */
const part = (b: Emitter, shape: Value, from: number, to: number): Value =>
  b.op('Slice', [shape, b.ints([from]), b.ints([to])])

const productOf = (b: Emitter, sizes: Value): Value =>
  b.op('ReduceProd', [sizes, b.ints([0])], { attributes: { keepdims: { int: 1 } } })

/** Indices `[…, depth]` of a tensor's first axes as numbers of its rows, `[n]`. */
function rowsOf(b: Emitter, indices: Value, shape: Value, depth: number): Value {
  const flat = b.op('Reshape', [int64(b, indices), b.ints([-1, depth])])
  if (depth === 1) return b.op('Reshape', [flat, b.ints([-1])])
  // Elements of one step along each axis: the product of the sizes behind it.
  const steps = concat(
    b,
    Array.from({ length: depth }, (_, i) =>
      i === depth - 1 ? b.ints([1]) : productOf(b, part(b, shape, i + 1, depth)),
    ),
  )
  return b.op('ReduceSum', [b.op('Mul', [flat, steps]), b.ints([1])], {
    attributes: { keepdims: { int: 0 } },
  })
}

const FAR = 2 ** 31 - 1

/** Updates by index into a tensor of this shape; `base` is what is there before, in its own shape or a scalar. */
function scattered(
  b: Emitter,
  { base, indices, updates, shape }: Readonly<Record<'base' | 'indices' | 'updates' | 'shape', Value>>,
  reduction: Reduction,
): Value {
  const depth = depthOf(indices)
  const width = productOf(b, part(b, shape, depth, FAR))
  const count = productOf(b, part(b, shape, 0, depth))
  const matrix =
    base.shape?.length === 0
      ? filledRows(b, base, count, width)
      : b.op('Reshape', [base, concat(b, [count, width])])
  const flat = b.op('Reshape', [updates, concat(b, [b.ints([-1]), width])])
  const rows = rowsOf(b, indices, shape, depth)
  return b.op('Reshape', [scatterRows(b, { base: matrix, rows, updates: flat, reduction }), shape])
}

/** Zeros, to which updates are added. */
const scatterNd: Convert = call => {
  const { emitter: b } = call
  const [indices, updates, shape] = [input(call, 0), input(call, 1), listOf(b, input(call, 2))]
  const base = like(b, updates, 0)
  return scattered(b, { base, indices, updates, shape }, 'add')
}

const tensorScatter =
  (reduction: Reduction): Convert =>
  call => {
    const { emitter: b } = call
    const [base, indices, updates] = [input(call, 0), input(call, 1), input(call, 2)]
    return scattered(b, { base, indices, updates, shape: b.op('Shape', [base]) }, reduction)
  }

const tensorScatterUpdate: Convert = call => {
  const { emitter: b } = call
  return b.op('ScatterND', [input(call, 0), int64(b, input(call, 1)), input(call, 2)])
}

const tensorScatterSub: Convert = call => {
  const { emitter: b } = call
  const [base, indices, updates] = [input(call, 0), input(call, 1), emit(b, 'Neg', [input(call, 2)])]
  return scattered(b, { base, indices, updates, shape: b.op('Shape', [base]) }, 'add')
}

/** Rows exchanged by number. */
const inplaceUpdate: Convert = call => {
  const { emitter: b } = call
  const rows = b.op('Unsqueeze', [int64(b, input(call, 1)), b.ints([-1])])
  return b.op('ScatterND', [input(call, 0), rows, input(call, 2)])
}

/** Values at indices, a default elsewhere. Indices may be one number, one list, or a list of places. */
const sparseToDense: Convert = call => {
  const { emitter: b } = call
  const indices = int64(b, input(call, 0))
  const [values, empty] = [input(call, 2), input(call, 3)]
  const shape = listOf(b, input(call, 1))
  const rank = shape.shape?.[0]
  if (typeof rank !== 'number') throw new Refusal('of a shape whose rank is not known')
  const places = b.op('Reshape', [indices, b.ints([-1, rank])])
  const count = b.op('Shape', [places], { attributes: { start: { int: 0 }, end: { int: 1 } } })
  const updates = emit(b, 'Expand', [values, count], { computed: [0] })
  return b.op('ScatterND', [emit(b, 'Expand', [empty, shape], { computed: [0] }), places, updates])
}

/** A matrix of few elements, made whole, times another. */
const sparseDenseMatMul: Convert = call => {
  const { emitter: b, attributes } = call
  const [places, values, shape, dense] = [input(call, 0), input(call, 1), input(call, 2), input(call, 3)]
  const turned = (x: Value, name: string): Value =>
    attributes.bool(name, false) ? b.op('Transpose', [x], { attributes: { perm: { ints: [1, 0] } } }) : x
  const base = like(b, values, 0)
  const whole = scattered(b, { base, indices: places, updates: values, shape: int64(b, shape) }, 'add')
  return emit(b, 'MatMul', [turned(whole, 'adjoint_a'), turned(dense, 'adjoint_b')])
}

export const scatterOps: OpTable = {
  ScatterNd: { convert: scatterNd },
  TensorScatterUpdate: { convert: tensorScatterUpdate },
  TensorScatterAdd: { convert: tensorScatter('add') },
  TensorScatterSub: { convert: tensorScatterSub },
  TensorScatterMax: { convert: tensorScatter('max') },
  TensorScatterMin: { convert: tensorScatter('min') },
  ScatterNdNonAliasingAdd: { convert: tensorScatter('add') },
  InplaceUpdate: { convert: inplaceUpdate },
  SparseToDense: { convert: sparseToDense },
  SparseTensorDenseMatMul: { convert: sparseDenseMatMul },
}
