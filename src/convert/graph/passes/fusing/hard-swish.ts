import type { Graph, Node } from '../graph.ts'
import { isNear, madeBy, numberOf, pairs } from './terms.ts'

/**
 * x · min(max(x + 3, 0), 6) / 6, as frameworks without an op for it spell HardSwish, and its gate, HardSigmoid. ONNX
 * Runtime joins neither by itself; of HardSigmoid it makes one step with the convolution before.
 */
export function fuseHardSwish(graph: Graph): void {
  for (const node of [...graph.nodes])
    if (node.domain === '' && (node.op === 'Mul' || node.op === 'Div')) join(graph, node)
}

const SIXTH = { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }

function join(graph: Graph, node: Node): void {
  const sixth = bySixth(graph, node)
  if (sixth !== undefined) {
    const made = madeBy(graph, sixth, 'Mul')
    const gated = gateOf(graph, sixth)
    if (gated !== undefined) become(graph, node, 'HardSigmoid', gated)
    else if (made && isAlone(graph, sixth)) joinGated(graph, node, made, 'Clip')
  } else if (node.op === 'Mul') joinGated(graph, node, node, 'HardSigmoid')
}

/** x · gate(x), in either order. */
function joinGated(graph: Graph, node: Node, product: Node, gate: 'Clip' | 'HardSigmoid'): void {
  for (const [x, gated] of pairs(product)) {
    const from = gate === 'Clip' ? gateOf(graph, gated) : sigmoidOf(graph, gated)
    if (from !== x || !sameRank(graph, x, node.outputs[0]!)) continue
    become(graph, node, 'HardSwish', x)
    return
  }
}

/** x of min(max(x + 3, 0), 6), which nobody else takes. */
function gateOf(graph: Graph, value: string): string | undefined {
  const clip = madeBy(graph, value, 'Clip')
  if (!clip || !isAlone(graph, value)) return undefined
  if (numberOf(graph, clip.inputs[1]) !== 0 || numberOf(graph, clip.inputs[2]) !== 6) return undefined
  const sum = madeBy(graph, clip.inputs[0], 'Add')
  if (!sum || !isAlone(graph, sum.outputs[0]!)) return undefined
  const [x] = pairs(sum).find(([, three]) => numberOf(graph, three) === 3) ?? []
  return x !== undefined && sameRank(graph, x, value) ? x : undefined
}

function sigmoidOf(graph: Graph, value: string): string | undefined {
  const node = madeBy(graph, value, 'HardSigmoid')
  if (!node || !isAlone(graph, value)) return undefined
  const { alpha, beta } = node.attributes
  const sixth = alpha && 'float' in alpha && isNear(alpha.float, 1 / 6)
  return sixth && beta && 'float' in beta && beta.float === 0.5 ? node.inputs[0] : undefined
}

/** What a node divides by 6. */
function bySixth(graph: Graph, node: Node): string | undefined {
  if (node.op === 'Div') return numberOf(graph, node.inputs[1]) === 6 ? node.inputs[0] : undefined
  return pairs(node).find(([, sixth]) => isNear(numberOf(graph, sixth), 1 / 6))?.[0]
}

const isAlone = (graph: Graph, value: string) => graph.users(value).size === 1 && !graph.isPinned(value)

/** A constant of one element may have axes of its own, and so widen what it is added to. */
function sameRank(graph: Graph, a: string, b: string): boolean {
  const [x, y] = [graph.typeOf(a)?.shape, graph.typeOf(b)?.shape]
  return x !== undefined && x.length === y?.length
}

function become(graph: Graph, node: Node, op: 'HardSigmoid' | 'HardSwish', x: string): void {
  node.op = op
  node.attributes = op === 'HardSigmoid' ? SIXTH : {}
  graph.setInputs(node, [x])
}
