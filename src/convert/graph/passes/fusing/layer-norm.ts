import type { Graph, Node } from '../graph.ts'
import { intOf } from '../read.ts'
import { hasRankOf, madeBy, numberOf, pairs } from './terms.ts'

/**
 * A layer normalisation as TensorFlow's graphs spell it, with k = scale / √(variance + epsilon):
 *
 *   x · k + (offset − mean · k)
 *
 * over the last axis (Ba, Kiros & Hinton, "Layer Normalization").
 */
export function fuseLayerNorm(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    if (node.op !== 'Add' || node.domain !== '') continue
    const found = pairs(node)
      .map(([x, rest]) => normOf(graph, x, rest))
      .find(norm => norm !== undefined)
    if (!found || !hasRankOf(graph, found.x, node.outputs[0]!)) continue
    const { x, scale, offset, epsilon } = found
    node.op = 'LayerNormalization'
    node.attributes = { axis: { int: -1 }, epsilon: { float: epsilon } }
    graph.setInputs(node, [x, scale, offset])
  }
}

interface Norm {
  readonly x: string
  readonly scale: string
  readonly offset: string
  readonly epsilon: number
}

function normOf(graph: Graph, scaled: string, shift: string): Norm | undefined {
  const product = madeBy(graph, scaled, 'Mul')
  const moved = shiftOf(graph, shift)
  if (!product || !moved) return undefined
  for (const [x, factor] of pairs(product)) {
    const size = graph.typeOf(x)?.shape?.at(-1)
    if (graph.typeOf(x)?.dtype !== 'float32' || typeof size !== 'number') continue
    const mean = moved.pairs.find(([, other]) => other === factor)?.[0]
    if (mean === undefined || !isMeanOf(graph, mean, x)) continue
    const inner = factorOf(graph, factor, x, mean)
    const [scale, offset] = [inner?.scale, moved.offset].map(name => vectorOf(graph, name, size))
    if (inner && scale !== undefined && offset !== undefined)
      return { x, scale, offset, epsilon: inner.epsilon }
  }
  return undefined
}

/** offset − mean · k, or −mean · k + offset: both ways around that mean and k may stand. */
function shiftOf(graph: Graph, value: string) {
  const difference = madeBy(graph, value, 'Sub')
  const product = difference && madeBy(graph, difference.inputs[1], 'Mul')
  if (product) return { offset: difference.inputs[0]!, pairs: pairs(product) }
  const sum = madeBy(graph, value, 'Add')
  for (const [negated, offset] of sum ? pairs(sum) : []) {
    const factors = madeBy(graph, negated, 'Mul')
    const found = (factors ? pairs(factors) : []).flatMap(([minus, factor]) => {
      const mean = madeBy(graph, minus, 'Neg')?.inputs[0]
      return mean === undefined ? [] : [[mean, factor] as const]
    })
    if (found.length > 0) return { offset, pairs: found }
  }
  return undefined
}

/** scale / √(variance + epsilon), of the variance around that mean. */
function factorOf(graph: Graph, factor: string, x: string, mean: string) {
  const product = madeBy(graph, factor, 'Mul')
  for (const [inverse, scale] of product ? pairs(product) : []) {
    const root = madeBy(graph, madeBy(graph, inverse, 'Reciprocal')?.inputs[0], 'Sqrt')
    const sum = madeBy(graph, root?.inputs[0], 'Add')
    for (const [variance, small] of sum ? pairs(sum) : []) {
      const epsilon = numberOf(graph, small)
      if (epsilon !== undefined && epsilon > 0 && isVarianceOf(graph, variance, x, mean))
        return { scale, epsilon }
    }
  }
  return undefined
}

function isMeanOf(graph: Graph, value: string, x: string): boolean {
  const node = madeBy(graph, value, 'ReduceMean')
  return node?.inputs[0] === x && isLastAxis(graph, node)
}

function isVarianceOf(graph: Graph, value: string, x: string, mean: string): boolean {
  const node = madeBy(graph, value, 'ReduceMean')
  const square = madeBy(graph, node?.inputs[0], 'Mul')
  const difference = madeBy(graph, square?.inputs[0], 'Sub')
  return (
    node !== undefined &&
    isLastAxis(graph, node) &&
    square?.inputs[1] === square?.inputs[0] &&
    difference?.inputs[0] === x &&
    difference.inputs[1] === mean
  )
}

function isLastAxis(graph: Graph, node: Node): boolean {
  const axes = graph.world.integers(node.inputs[1])
  const rank = graph.typeOf(node.inputs[0]!)?.shape?.length
  const [axis] = axes ?? []
  const isLast = axes?.length === 1 && (axis === -1 || (rank !== undefined && axis === rank - 1))
  return isLast && intOf(node, 'keepdims', 1) === 1
}

/** A constant with one element for each of the last axis: `[size]`. */
function vectorOf(graph: Graph, name: string | undefined, size: number): string | undefined {
  const tensor = name === undefined ? undefined : graph.world.constant(name)
  if (tensor?.dtype !== 'float32' || tensor.shape.at(-1) !== size) return undefined
  if (tensor.shape.slice(0, -1).some(other => other !== 1)) return undefined
  return graph.world.reshaped(name!, [size])
}
