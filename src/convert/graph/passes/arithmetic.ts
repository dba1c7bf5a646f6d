import { elementCount, viewAs } from '../../../core/index.ts'
import { broadcastFrom, isStatic, type OnnxTensor } from '../../../formats/index.ts'
import { readWeight } from '../weights.ts'
import type { Graph, Node } from './graph.ts'

type Real = 'float32' | 'float64'

/** Of two numbers, or of the first alone. Their float64 result rounds to the float32 one that a runtime computes. */
const OPS: Readonly<Record<string, (x: number, y: number) => number>> = {
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Div: (x, y) => x / y,
  Sqrt: Math.sqrt,
  Reciprocal: x => 1 / x,
  Neg: x => -x,
}

/** Scales and offsets of channels have some thousands; kernels are left to the runtime. */
const MAX_ELEMENTS = 65_536

/** Ops behind one constant: each is computed anew for every constant that needs it. */
const MAX_OPS = 32

/**
 * Arithmetic of small weights becomes a weight, computed when it is written: batch normalisation as TensorFlow's graphs
 * spell it is then a scale and an offset.
 */
export function computeConstants(graph: Graph): void {
  for (const node of graph.sorted()) {
    const [output] = node.outputs
    if (node.domain !== '' || !Object.hasOwn(OPS, node.op) || graph.isPinned(output!)) continue
    const inputs = node.inputs.map(input => graph.world.constant(input))
    const cost = node.inputs.reduce((sum, input) => sum + graph.world.costOf(input), 1)
    const made = cost <= MAX_OPS ? computed(graph, node, inputs) : undefined
    if (!made) continue
    graph.replace(output!, graph.world.make(output!, made, cost))
    graph.remove(node)
  }
}

function computed(
  graph: Graph,
  { op, outputs }: Node,
  inputs: readonly (OnnxTensor | undefined)[],
): Omit<OnnxTensor, 'name'> | undefined {
  const shape = graph.typeOf(outputs[0]!)?.shape
  const known = inputs.filter(tensor => tensor !== undefined)
  const [first, second = first] = known
  if (!first || known.length !== inputs.length || known.length > 2 || !isReal(first.dtype)) return undefined
  if (second!.dtype !== first.dtype || !isStatic(shape) || elementCount(shape) > MAX_ELEMENTS)
    return undefined
  const { dtype } = first
  return { dtype, shape, data: () => compute(OPS[op]!, [first, second!], dtype, shape) }
}

const isReal = (dtype: string): dtype is Real => dtype === 'float32' || dtype === 'float64'

async function* compute(
  op: (x: number, y: number) => number,
  [first, second]: readonly [OnnxTensor, OnnxTensor],
  dtype: Real,
  shape: readonly number[],
): AsyncGenerator<Uint8Array> {
  const [x, y] = [await numbersOf(first, dtype), await numbersOf(second, dtype)]
  const [xs, ys] = [broadcastFrom(first.shape, shape), broadcastFrom(second.shape, shape)]
  const out = dtype === 'float32' ? new Float32Array(xs.length) : new Float64Array(xs.length)
  for (let i = 0; i < out.length; i++) out[i] = op(Number(x[xs[i]!]), Number(y[ys[i]!]))
  yield new Uint8Array(out.buffer)
}

async function numbersOf(tensor: OnnxTensor, dtype: Real) {
  return viewAs(dtype, await readWeight(tensor))
}
