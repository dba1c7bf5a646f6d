import { broadcast } from './broadcast.ts'
import { einsum } from './einsum.ts'
import { as } from './elementwise.ts'
import { intOf, typed, unfit } from './read.ts'
import type { Rule } from './types.ts'
import type { Shape, Size } from './values.ts'

/** numpy's matmul: an input of one axis is a row or a column, and that axis is gone from what it gives. */
export function multiplied(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b) return undefined
  if (a.length === 0 || b.length === 0) throw unfit('MatMul takes no scalars')
  const inner = [a.at(-1)!, b.length === 1 ? b[0]! : b.at(-2)!]
  if (typeof inner[0] === 'number' && typeof inner[1] === 'number' && inner[0] !== inner[1])
    throw unfit(`MatMul: the shapes [${a.join(', ')}] and [${b.join(', ')}] don't fit each other`)
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2))!
  return [...batch, ...a.slice(0, -1).slice(-1), ...(b.length === 1 ? [] : b.slice(-1))]
}

const matMul: Rule = ({ inputs: [a, b] }) => a && b && [typed(a.dtype, multiplied(a.shape, b.shape))]

const gemm: Rule = node => {
  const [a, b] = node.inputs
  if (!a || !b) return undefined
  const rows = (shape: Shape | undefined, turned: boolean): Size => shape?.[turned ? 1 : 0] ?? null
  const m = rows(a.shape, intOf(node, 'transA', 0) !== 0)
  const n = rows(b.shape, intOf(node, 'transB', 0) === 0)
  return [typed(a.dtype, [m, n])]
}

/** a, a scale, a zero point, b, b scale, b zero point, y scale, y zero point. */
const qLinearMatMul: Rule = ({ inputs: [a, , , b, , , , zero] }) =>
  a && b && zero && [typed(zero.dtype, multiplied(a.shape, b.shape))]

const floating: Rule = ({ inputs: [a, b] }) => a && b && [typed('float32', multiplied(a.shape, b.shape))]

export const matmul: Readonly<Record<string, Rule>> = {
  MatMul: matMul,
  Gemm: gemm,
  Einsum: einsum,
  MatMulInteger: as('int32', matMul),
  QLinearMatMul: qLinearMatMul,
  'com.microsoft.DynamicQuantizeMatMul': floating,
  'com.microsoft.MatMulIntegerToFloat': floating,
  'com.microsoft.CDist': ({ inputs: [a, b] }) =>
    a && b && [typed(a.dtype, [a.shape?.[0] ?? null, b.shape?.[0] ?? null])],
}
