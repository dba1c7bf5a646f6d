import type { Graph, Node } from '../graph.ts'
import { factorsOf, hasRankOf, isNear, madeBy, numberOf, pairs } from './terms.ts'

/**
 * x/2 · (1 + erf(x / √2)), also as x/2 · erfc(−x / √2) (Hendrycks & Gimpel, "Gaussian Error Linear Units"), and its
 * approximation x/2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³))), spelt out.
 */
export function fuseGelu(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    if (node.op !== 'Mul' || node.domain !== '' || graph.typeOf(node.outputs[0]!)?.dtype !== 'float32')
      continue
    const found = geluOf(graph, node)
    if (!found || !hasRankOf(graph, found.x, node.outputs[0]!)) continue
    node.op = 'Gelu'
    node.attributes = { approximate: { text: found.approximate } }
    graph.setInputs(node, [found.x])
  }
}

interface Gelu {
  readonly x: string
  readonly approximate: 'none' | 'tanh'
}

function geluOf(graph: Graph, node: Node): Gelu | undefined {
  const { scale, values } = factorsOf(graph, node.outputs[0]!)
  if (values.length !== 2 || !isNear(scale, 0.5)) return undefined
  const [first, second] = values as [string, string]
  return gated(graph, first, second) ?? gated(graph, second, first)
}

/** What x/2 is multiplied with. */
function gated(graph: Graph, x: string, gate: string): Gelu | undefined {
  const inner = onePlus(graph, gate)
  if (!inner) return undefined
  const { of, sign } = inner
  const erf = madeBy(graph, of, 'Erf')
  if (erf) {
    const { scale, values } = factorsOf(graph, erf.inputs[0]!)
    const isArgument = values.length === 1 && values[0] === x && isNear(sign * scale, Math.SQRT1_2)
    return isArgument ? { x, approximate: 'none' } : undefined
  }
  const tanh = madeBy(graph, of, 'Tanh')
  if (!tanh || sign < 0) return undefined
  const { scale, values } = factorsOf(graph, tanh.inputs[0]!)
  const isArgument =
    values.length === 1 && isNear(scale, Math.sqrt(2 / Math.PI)) && isCubic(graph, values[0]!, x)
  return isArgument ? { x, approximate: 'tanh' } : undefined
}

/** 1 + f, or 1 − f. */
function onePlus(graph: Graph, value: string): { readonly of: string; readonly sign: 1 | -1 } | undefined {
  const sum = madeBy(graph, value, 'Add')
  if (sum) for (const [one, of] of pairs(sum)) if (numberOf(graph, one) === 1) return { of, sign: 1 }
  const difference = madeBy(graph, value, 'Sub')
  if (difference && numberOf(graph, difference.inputs[0]) === 1)
    return { of: difference.inputs[1]!, sign: -1 }
  return undefined
}

/** x + 0.044715 · x³. */
function isCubic(graph: Graph, value: string, x: string): boolean {
  const sum = madeBy(graph, value, 'Add')
  return sum !== undefined && pairs(sum).some(([linear, cubic]) => linear === x && isCube(graph, cubic, x))
}

function isCube(graph: Graph, value: string, x: string): boolean {
  const { scale, values } = factorsOf(graph, value)
  if (!isNear(scale, 0.044715)) return false
  if (values.length === 3) return values.every(factor => factor === x)
  const power = values.length === 1 ? madeBy(graph, values[0], 'Pow') : undefined
  return power?.inputs[0] === x && numberOf(graph, power.inputs[1]) === 3
}
