import { viewAs } from '../../../../core/index.ts'
import type { Graph, Node } from '../graph.ts'

/** The node that makes a value, if it is such a one of ONNX's own. */
export function madeBy(graph: Graph, value: string | undefined, op: string): Node | undefined {
  const maker = value === undefined ? undefined : graph.maker(value)
  return maker?.op === op && maker.domain === '' ? maker : undefined
}

/** A constant of one float32. */
export function numberOf(graph: Graph, value: string | undefined): number | undefined {
  const tensor = value === undefined ? undefined : graph.world.constant(value)
  if (tensor?.dtype !== 'float32' || tensor.shape.some(size => size !== 1)) return undefined
  if (!(tensor.data instanceof Uint8Array) || tensor.data.byteLength !== 4) return undefined
  return Number(viewAs('float32', Uint8Array.from(tensor.data))[0])
}

export const isNear = (x: number | undefined, y: number): boolean =>
  x !== undefined && Math.abs(x - y) <= 1e-6 * Math.abs(y)

/** The two operands of a sum or a product, both ways around. */
export function pairs({ inputs: [x, y] }: Node): readonly (readonly [string, string])[] {
  return [
    [x!, y!],
    [y!, x!],
  ]
}

/** Products within products: real ones have three factors or four. */
const MAX_FACTORS = 8

/** What a product is made of, however it is put together: a number, and values. */
export function factorsOf(
  graph: Graph,
  value: string,
): { readonly scale: number; readonly values: readonly string[] } {
  let scale = 1
  const values: string[] = []
  const open = [value]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const number = numberOf(graph, next)
    const product = values.length + open.length < MAX_FACTORS ? graph.maker(next) : undefined
    const [x, y] = product?.domain === '' ? product.inputs : []
    const divisor = product?.op === 'Div' ? numberOf(graph, y) : undefined
    if (number !== undefined) scale *= number
    else if (product?.op === 'Mul' && product.domain === '') open.push(x!, y!)
    else if (product?.op === 'Neg' && product.domain === '') {
      scale = -scale
      open.push(x!)
    } else if (divisor !== undefined) {
      scale /= divisor
      open.push(x!)
    } else values.push(next)
  }
  return { scale, values }
}

/** Constants of one element may have axes of their own, and so give a result more axes than `x` has. */
export function hasRankOf(graph: Graph, x: string, result: string): boolean {
  const [a, b] = [graph.typeOf(x)?.shape, graph.typeOf(result)?.shape]
  return a !== undefined && a.length === b?.length
}
