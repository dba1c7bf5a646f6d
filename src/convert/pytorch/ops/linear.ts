import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { cast, like, rankOf, shapeOf, sizeOf, squeeze, transpose, unsqueeze } from '../emit.ts'
import { type AtenCall, type Convert, type OpTable, table } from '../op.ts'

/** The last two axes the other way round. */
function turned(b: Emitter, x: Value): Value {
  const axes = Array.from({ length: rankOf(x) }, (_, i) => i)
  return transpose(b, x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2])
}

/** x · weightᵀ + bias. Gemm takes the weight as it lies; more axes take a product with it turned. */
const linear: Convert = call => {
  const b = call.emitter
  const [x, weight, bias] = [call.value('input'), call.value('weight'), call.maybe('bias')]
  if (rankOf(x) === 2)
    return b.op('Gemm', bias ? [x, weight, bias] : [x, weight], { attributes: { transB: { int: 1 } } })
  const product = b.op('MatMul', [x, turned(b, weight)])
  return bias ? b.op('Add', [product, bias]) : product
}

const product =
  (a: string, c: string): Convert =>
  call =>
    call.emitter.op('MatMul', [call.value(a), call.value(c)])

/** beta · self + alpha · (a · b). */
const added =
  (a: string, c: string): Convert =>
  call => {
    const b = call.emitter
    const [alpha, beta] = [call.number('alpha', 1), call.number('beta', 1)]
    const made = b.op('MatMul', [call.value(a), call.value(c)])
    const times = (x: Value, by: number) => (by === 1 ? x : b.op('Mul', [x, like(b, x, by)]))
    if (beta === 0) return times(made, alpha)
    return b.op('Add', [times(call.value('self'), beta), times(made, alpha)])
  }

const einsum: Convert = call => {
  const tensors = call.values('tensors').filter(value => value !== undefined)
  return call.emitter.op('Einsum', tensors, {
    attributes: { equation: { text: call.text('equation').replaceAll(' ', '') } },
  })
}

/**
 * softmax(q · kᵀ · scale + mask) · v. A mask of booleans says what counts; a causal one lets each place see those up to
 * its own, counted from the first (torch, `scaled_dot_product_attention`).
 */
const attention: Convert = call => {
  const b = call.emitter
  const [query, key, value] = [call.value('query'), call.value('key'), call.value('value')]
  const features = shapeOf(query).at(-1)
  const scale = call.has('scale')
    ? call.number('scale')
    : typeof features === 'number'
      ? features ** -0.5
      : undefined
  if (scale === undefined) throw new Refusal('the features of a head are free')
  if (call.bool('enable_gqa', false)) throw new Refusal('enable_gqa=True')
  const scores = b.op('MatMul', [b.op('Mul', [query, like(b, query, scale)]), turned(b, key)])
  const weights = b.op('Softmax', [masked(call, b, scores, query, key)], {
    attributes: { axis: { int: -1 } },
  })
  return b.op('MatMul', [weights, value])
}

function masked(call: AtenCall, b: Emitter, scores: Value, query: Value, key: Value): Value {
  const mask = call.has('attn_mask') ? call.value('attn_mask') : undefined
  const least = like(b, scores, scores.dtype === 'float16' ? -65504 : -3.4028234663852886e38)
  if (call.bool('is_causal', false)) {
    const [rows, columns] = [sizeOf(b, query, rankOf(query) - 2), sizeOf(b, key, rankOf(key) - 2)]
    const range = (end: number | Value) =>
      b.op('Range', [
        b.scalar('int64', 0),
        typeof end === 'number' ? b.scalar('int64', end) : end,
        b.scalar('int64', 1),
      ])
    const seen = b.op('GreaterOrEqual', [unsqueeze(b, range(rows), [1]), unsqueeze(b, range(columns), [0])])
    return b.op('Where', [seen, scores, least])
  }
  if (!mask) return scores
  if (mask.dtype === 'bool') return b.op('Where', [mask, scores, least])
  return b.op('Add', [scores, cast(b, mask, scores.dtype)])
}

const dot: Convert = call => {
  const b = call.emitter
  const made = b.op('MatMul', [
    unsqueeze(b, call.value('self'), [0]),
    unsqueeze(b, call.value('tensor'), [1]),
  ])
  return squeeze(b, made, [0, 1])
}

export const products: OpTable = {
  ...table({
    linear,
    matmul: product('self', 'other'),
    mm: product('self', 'mat2'),
    bmm: product('self', 'mat2'),
    mv: product('self', 'vec'),
    dot,
    addmm: added('mat1', 'mat2'),
    addbmm: call => {
      const b = call.emitter
      const sum = b.op(
        'ReduceSum',
        [b.op('MatMul', [call.value('batch1'), call.value('batch2')]), b.ints([0])],
        {
          attributes: { keepdims: { int: 0 } },
        },
      )
      return b.op('Add', [call.value('self'), sum])
    },
    baddbmm: added('batch1', 'batch2'),
    einsum,
  }),
  scaled_dot_product_attention: { convert: attention, limits: 'without enable_gqa; dropout is left out' },
}
