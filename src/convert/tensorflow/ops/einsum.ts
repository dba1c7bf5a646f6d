import { permuted } from '../../channels-last/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import type { Convert, OpTable } from '../op.ts'
import { emit, input } from './emit.ts'
import { reshaped } from './shapes.ts'

/** Letters of an operand's axes, in order; what `...` stands for is numbered from its end, so that it broadcasts. */
type Labels = readonly string[]

interface Product {
  /** In both operands and in the result. */
  readonly batch: Labels
  /** In both operands only: summed over. */
  readonly inner: Labels
  readonly left: Labels
  readonly right: Labels
}

/**
 * A sum of products. Of two operands it becomes one MatMul, which ONNX Runtime computes several times faster than its
 * Einsum; what is no such product stays one.
 */
const einsum: Convert = call => {
  const { emitter: b, inputs } = call
  const [x, y] = [input(call, 0), inputs[1]]
  const equation = call.attributes.text('equation').replaceAll(' ', '')
  const terms = y && inputs.length === 2 ? termsOf(equation, x, y) : undefined
  const product = terms && productOf(terms.left, terms.right, terms.out)
  if (y && terms && product) return multiplied(b, [x, terms.left], [y, terms.right], product, terms.out)
  return emit(b, 'Einsum', inputs, { attributes: { equation: { text: equation } } })
}

interface Terms {
  readonly left: Labels
  readonly right: Labels
  readonly out: Labels
}

/** Undefined where an axis stands twice, or it can't be told which axes there are. */
function termsOf(equation: string, x: Value, y: Value): Terms | undefined {
  const match = /^([a-zA-Z.]*),([a-zA-Z.]*)->([a-zA-Z.]*)$/.exec(equation)
  if (!match) return undefined
  const [left, right] = [labelsOf(match[1]!, x.shape?.length), labelsOf(match[2]!, y.shape?.length)]
  if (!left || !right) return undefined
  const dots = [left, right].map(labels => labels.filter(label => label.length > 1).length)
  const out = labelsOf(match[3]!, undefined, Math.max(...dots))
  return out && { left, right, out }
}

/** `...ij` of rank 4 is `.2 .1 i j`. */
function labelsOf(term: string, rank: number | undefined, dots?: number): Labels | undefined {
  const [before = '', after] = term.split('...')
  const letters = [...before, ...(after ?? '')]
  if (letters.includes('.') || new Set(letters).size !== letters.length) return undefined
  if (after === undefined) return rank === undefined || rank === letters.length ? letters : undefined
  const count = dots ?? (rank === undefined ? -1 : rank - letters.length)
  if (count < 0) return undefined
  return [...before, ...Array.from({ length: count }, (_, i) => `.${count - i}`), ...after]
}

function productOf(left: Labels, right: Labels, out: Labels): Product | undefined {
  const both = left.filter(label => right.includes(label))
  const own = (labels: Labels, others: Labels) => labels.filter(label => !others.includes(label))
  const product = {
    batch: out.filter(label => both.includes(label)),
    inner: own(both, out),
    left: out.filter(label => left.includes(label) && !right.includes(label)),
    right: out.filter(label => right.includes(label) && !left.includes(label)),
  }
  const taken = product.batch.length + product.inner.length
  const isWhole = taken + product.left.length === left.length && taken + product.right.length === right.length
  const given = product.batch.length + product.left.length + product.right.length
  // Sums of one operand and outer products are left to Einsum.
  if (!isWhole || given !== out.length || product.inner.length === 0) return undefined
  return product
}

function multiplied(
  b: Emitter,
  [x, left]: readonly [Value, Labels],
  [y, right]: readonly [Value, Labels],
  product: Product,
  out: Labels,
): Value {
  // The operand whose own axes come first in the result stands on the left.
  const first = out.find(label => !product.batch.includes(label))
  if (first !== undefined && product.right.includes(first)) {
    const turned = { ...product, left: product.right, right: product.left }
    return inOrder(b, [y, right], [x, left], turned, out)
  }
  return inOrder(b, [x, left], [y, right], product, out)
}

function inOrder(
  b: Emitter,
  [x, left]: readonly [Value, Labels],
  [y, right]: readonly [Value, Labels],
  product: Product,
  out: Labels,
): Value {
  const { batch, inner } = product
  const ones = batch.map(label => [label])
  // Without a batch, the left operand's axes are MatMul's batch.
  const rows = batch.length === 0 ? product.left.map(label => [label]) : [product.left]
  const a = arranged(b, x, left, [...ones, ...rows, inner])
  const c = arranged(b, y, right, [...ones, inner, product.right])
  const z = emit(b, 'MatMul', [a, c])
  const labels = [...batch, ...product.left, ...product.right]
  const isFlat = (batch.length > 0 && product.left.length !== 1) || product.right.length !== 1
  const whole = isFlat ? reshaped(b, z, sizesOf(b, labels, [x, left], [y, right])) : z
  return transposed(
    b,
    whole,
    out.map(label => labels.indexOf(label)),
  )
}

const concat = (b: Emitter, parts: readonly Value[]): Value =>
  parts.length === 1 ? parts[0]! : b.op('Concat', parts, { attributes: { axis: { int: 0 } } })

const sizeAt = (b: Emitter, x: Value, from: number, to: number): Value =>
  b.op('Shape', [x], { attributes: { start: { int: from }, end: { int: to } } })

/** The sizes of axes, from the operand that has each. */
function sizesOf(b: Emitter, labels: Labels, ...operands: readonly (readonly [Value, Labels])[]): Value {
  if (labels.length === 0) return b.ints([])
  return concat(
    b,
    labels.map(label => {
      const [x, own] = operands.find(([, has]) => has.includes(label))!
      return sizeAt(b, x, own.indexOf(label), own.indexOf(label) + 1)
    }),
  )
}

/** A tensor with one axis for each group of its axes; of a weight when it is written. */
function arranged(b: Emitter, x: Value, labels: Labels, groups: readonly Labels[]): Value {
  const order = groups.flat().map(label => labels.indexOf(label))
  const isFlat = groups.some(group => group.length !== 1)
  if (x.tensor && !x.known) {
    const size = (label: string): number => x.tensor!.shape[labels.indexOf(label)]!
    const shape = groups.map(group => group.reduce((product, label) => product * size(label), 1))
    return isInOrder(order) && !isFlat ? x : permuted(b, x, order, shape)
  }
  const turned = transposed(b, x, order)
  if (!isFlat) return turned
  const sizes = groups.map(group => {
    if (group.length === 1) return sizesOf(b, group, [x, labels])
    if (group.length === 0) return b.ints([1])
    return b.op('ReduceProd', [sizesOf(b, group, [x, labels]), b.ints([0])], {
      attributes: { keepdims: { int: 1 } },
    })
  })
  return reshaped(b, turned, concat(b, sizes))
}

const isInOrder = (order: readonly number[]): boolean => order.every((axis, i) => axis === i)

function transposed(b: Emitter, x: Value, order: readonly number[]): Value {
  return isInOrder(order) ? x : b.op('Transpose', [x], { attributes: { perm: { ints: order } } })
}

export const einsumOps: OpTable = {
  Einsum: { convert: einsum },
}
