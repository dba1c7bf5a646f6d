import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../../formats/index.ts'
import { OptimizeError } from '../errors.ts'
import { EIGHTEEN } from './opset/eighteen.ts'
import { ELEVEN } from './opset/eleven.ts'
import { THIRTEEN } from './opset/thirteen.ts'
import type { Adapter, Additions } from './opset/types.ts'
import { freshNames, nameOf } from './weights.ts'

/** Before, BatchNormalization, Scan and Upsample meant something else. */
const LEAST = 9

const RUNGS = [ELEVEN, THIRTEEN, EIGHTEEN]

/** The opset of ONNX's own operators; 0 where the model names none. */
export function opsetOf({ opsets }: OnnxModel): number {
  return opsets.find(isOnnx)?.version ?? 0
}

/**
 * The model under an opset (11, 13 or 18), with nodes that mean the same; as it is where it is newer. Bodies are raised
 * too. Throws OPTIMIZE_UNSUPPORTED for models older than 9, and for operators that can't be raised.
 */
export function raiseOpset(model: OnnxModel, to: 11 | 13 | 18 = 11): OnnxModel {
  const opset = opsetOf(model)
  if (opset >= to) return model
  if (opset < LEAST) throw unsupported(`The model is of opset ${opset}; it can be raised from ${LEAST} on`)
  if (model.functions?.some(({ opsets }) => opsets.some(isOnnx)))
    throw unsupported(`The model has functions of its own, of opset ${opset}; ${to} is needed`)
  const rungs = RUNGS.filter(rung => opset < rung.opset && rung.opset <= to)
  const raising: Raising = { added: [], fresh: freshNames(model.graph), to }
  const graph = rungs.reduce(
    (graph, { adapters }) => raised(graph, new Map(Object.entries(adapters)), raising),
    model.graph,
  )
  const opsets = model.opsets.map(each => (isOnnx(each) ? { ...each, version: to } : each))
  const initializers = [...(graph.initializers ?? []), ...raising.added]
  // Since 4 an initializer needs no input of its name; opset 18 came with 8.
  const irVersion = Math.max(model.irVersion ?? 4, to === 18 ? 8 : 4)
  return { ...model, irVersion, opsets, graph: { ...graph, initializers } }
}

const isOnnx = ({ domain }: { readonly domain: string }) => domain === '' || domain === 'ai.onnx'

interface Raising {
  /** Constants, which stand in the main graph: bodies see them. */
  readonly added: OnnxTensor[]
  readonly fresh: (wanted: string) => string
  readonly to: number
}

function raised(graph: OnnxGraph, adapters: ReadonlyMap<string, Adapter>, raising: Raising): OnnxGraph {
  const nodes = graph.nodes.flatMap(given => {
    const node = withBodies(given, body => raised(body, adapters, raising))
    const adapter = isOnnx({ domain: node.domain ?? '' }) ? adapters.get(node.op) : undefined
    if (!adapter) return [node]
    const made = adapter(node, additionsOf(node, raising))
    if (made) return made
    throw unsupported(`'${nameOf(node)}' is a ${node.op} whose meaning opset ${raising.to} can't express`)
  })
  return { ...graph, nodes }
}

function additionsOf(node: OnnxNode, { added, fresh, to }: Raising): Additions {
  const value = (): string => fresh(`${nameOf(node)}/opset${to}`)
  return {
    value,
    constant(tensor) {
      const name = value()
      added.push({ ...tensor, name })
      return name
    },
  }
}

function withBodies(node: OnnxNode, raise: (body: OnnxGraph) => OnnxGraph): OnnxNode {
  const attributes = Object.entries(node.attributes ?? {})
  if (!attributes.some(([, value]) => 'graph' in value)) return node
  return {
    ...node,
    attributes: Object.fromEntries(
      attributes.map(([name, value]) => [name, 'graph' in value ? { graph: raise(value.graph) } : value]),
    ),
  }
}

function unsupported(message: string): OptimizeError {
  return new OptimizeError('OPTIMIZE_UNSUPPORTED', {
    message,
    hint: 'Export the model again with a newer opset.',
  })
}
