import type { OnnxDtype } from '../../../formats/index.ts'
import { cast } from '../../graph/cast.ts'
import type { Attributes, Emitter, Value } from '../../graph/types.ts'
import { rowsOf } from '../columns.ts'

/** A float64 tensor, or a number that stands for a scalar. */
export type Operand = Value | number

/**
 * Formulas over float64 tensors, a node each. ONNX Runtime's CPU has all of these ops in float64; those that it lacks
 * there (Erf, Elu, OneHot, Hardmax) have no method. Axes count from 0, and are gone afterwards unless they are `kept`.
 */
export class Arithmetic {
  readonly emitter: Emitter

  constructor(emitter: Emitter) {
    this.emitter = emitter
  }

  /** The same in the body of a loop. */
  at(emitter: Emitter): Arithmetic {
    return new Arithmetic(emitter)
  }

  add(a: Operand, b: Operand): Value {
    return this.#two('Add', a, b)
  }

  sub(a: Operand, b: Operand): Value {
    return this.#two('Sub', a, b)
  }

  mul(a: Operand, b: Operand): Value {
    return this.#two('Mul', a, b)
  }

  div(a: Operand, b: Operand): Value {
    return this.#two('Div', a, b)
  }

  pow(a: Operand, b: Operand): Value {
    return this.#two('Pow', a, b)
  }

  max(a: Operand, b: Operand): Value {
    return this.#two('Max', a, b)
  }

  min(a: Operand, b: Operand): Value {
    return this.#two('Min', a, b)
  }

  square(x: Value): Value {
    return this.mul(x, x)
  }

  /** Exp, Log, Sqrt, Abs, Neg, Tanh, Sigmoid, Relu, Sin, Cos … */
  of(op: string, x: Value): Value {
    return this.emitter.op(op, [x])
  }

  /** 1 / (1 + exp(−x)). ONNX Runtime's Sigmoid is exactly 0 below −37, where the sum of such has still to be divided. */
  logistic(x: Value): Value {
    return this.of('Reciprocal', this.add(this.of('Exp', this.of('Neg', x)), 1))
  }

  /** x · y of matrices. */
  matmul(x: Value, y: Value): Value {
    return this.emitter.op('MatMul', [x, y])
  }

  /** x · wᵀ (+ bias): x [N, K], w [M, K], bias [M]. */
  times(x: Value, w: Value, bias?: Value): Value {
    return this.emitter.op('Gemm', bias ? [x, w, bias] : [x, w], { attributes: { transB: { int: 1 } } })
  }

  /** x · w (+ bias): x [N, K], w [K, M], bias [M]. */
  affine(x: Value, w: Value, bias?: Value): Value {
    return bias ? this.emitter.op('Gemm', [x, w, bias]) : this.matmul(x, w)
  }

  sum(x: Value, axis: number, kept: 'kept' | 'gone' = 'gone'): Value {
    return this.#reduced('ReduceSum', x, axis, kept)
  }

  mean(x: Value, axis: number): Value {
    return this.#reduced('ReduceMean', x, axis, 'gone')
  }

  most(x: Value, axis: number, kept: 'kept' | 'gone' = 'gone'): Value {
    return this.#reduced('ReduceMax', x, axis, kept)
  }

  /** log Σ exp x along an axis, without overflow. */
  logSumExp(x: Value, axis: number, kept: 'kept' | 'gone' = 'gone'): Value {
    const top = this.most(x, axis, 'kept')
    const sum = this.sum(this.of('Exp', this.sub(x, top)), axis, 'kept')
    const log = this.add(this.of('Log', sum), top)
    return kept === 'kept' ? log : this.squeeze(log, axis)
  }

  /** Place of the largest of each row, the first of equal ones: int64 [N]. */
  argmax(x: Value): Value {
    return this.#arg('ArgMax', x)
  }

  argmin(x: Value): Value {
    return this.#arg('ArgMin', x)
  }

  /** The k smallest of each row, and their places; of equal ones the first. */
  smallest(x: Value, k: number): { readonly values: Value; readonly places: Value } {
    const attributes: Attributes = { axis: { int: 1 }, largest: { int: 0 }, sorted: { int: 1 } }
    const [values, places] = this.emitter.ops('TopK', [x, this.emitter.ints([k])], 2, { attributes })
    return { values: values!, places: places! }
  }

  greater(a: Operand, b: Operand): Value {
    return this.#two('Greater', a, b)
  }

  greaterOrEqual(a: Operand, b: Operand): Value {
    return this.#two('GreaterOrEqual', a, b)
  }

  less(a: Operand, b: Operand): Value {
    return this.#two('Less', a, b)
  }

  equal(a: Operand, b: Operand): Value {
    return this.#two('Equal', a, b)
  }

  where(condition: Value, then: Operand, otherwise: Operand): Value {
    return this.emitter.op('Where', [condition, this.#operand(then), this.#operand(otherwise)])
  }

  cast(x: Value, dtype: OnnxDtype): Value {
    return cast(this.emitter, x, dtype)
  }

  /** Elements at places of an axis; `places` is int64, or numbers. */
  gather(x: Value, places: Value | readonly number[], axis: number): Value {
    const at = 'name' in places ? places : this.emitter.ints(places)
    return this.emitter.op('Gather', [x, at], { attributes: { axis: { int: axis } } })
  }

  /** [N, k] to [N], of column `at`. */
  column(x: Value, at: number): Value {
    return this.emitter.op('Gather', [x, this.emitter.scalar('int64', at)], {
      attributes: { axis: { int: 1 } },
    })
  }

  /** A column of each [N], side by side: [N, k]. */
  columns(all: readonly Value[]): Value {
    return this.concat(
      all.map(one => this.unsqueeze(one, 1)),
      1,
    )
  }

  concat(all: readonly Value[], axis: number): Value {
    return all.length === 1
      ? all[0]!
      : this.emitter.op('Concat', all, { attributes: { axis: { int: axis } } })
  }

  unsqueeze(x: Value, axis: number): Value {
    return this.emitter.op('Unsqueeze', [x, this.emitter.ints([axis])])
  }

  squeeze(x: Value, axis: number): Value {
    return this.emitter.op('Squeeze', [x, this.emitter.ints([axis])])
  }

  transpose(x: Value): Value {
    return this.emitter.op('Transpose', [x], { attributes: { perm: { ints: [1, 0] } } })
  }

  /** How many rows x has: int64 [1]. */
  rows(x: Value): Value {
    return this.emitter.op('Shape', [x], { attributes: { start: { int: 0 }, end: { int: 1 } } })
  }

  /** A row [1, k] as often as x has rows. */
  repeated(row: Value, x: Value): Value {
    const width = row.shape?.[1]
    if (typeof width !== 'number') throw new TypeError(`${row.name} is no row: [${row.shape?.join(', ')}]`)
    const size = this.concat([this.rows(x), this.emitter.ints([width])], 0)
    const type = { dtype: row.dtype, shape: [rowsOf(x), width] }
    return this.emitter.op('Expand', [row, size], { types: [type] })
  }

  /** Numbers as a float64 constant of one axis, or of `shape`. */
  numbers(elements: ArrayLike<number>, shape: readonly number[] = [elements.length]): Value {
    return this.emitter.constant('float64', shape, Array.from(elements))
  }

  #two(op: string, a: Operand, b: Operand): Value {
    return this.emitter.op(op, [this.#operand(a), this.#operand(b)])
  }

  #operand(operand: Operand): Value {
    return typeof operand === 'number' ? this.emitter.scalar('float64', operand) : operand
  }

  #reduced(op: string, x: Value, axis: number, kept: 'kept' | 'gone'): Value {
    const attributes: Attributes = { keepdims: { int: kept === 'kept' ? 1 : 0 } }
    return this.emitter.op(op, [x, this.emitter.ints([axis])], { attributes })
  }

  #arg(op: 'ArgMax' | 'ArgMin', x: Value): Value {
    return this.emitter.op(op, [x], { attributes: { axis: { int: 1 }, keepdims: { int: 0 } } })
  }
}
