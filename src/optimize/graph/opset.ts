import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../../formats/index.ts'
import { OptimizeError } from '../errors.ts'
import { freshNames, nameOf } from './weights.ts'

/** Before, BatchNormalization, Scan and Upsample meant something else. */
const LEAST = 9
/** What `raiseOpset` raises to. */
export const RAISED = 11

/** A node under opset 11; `constant` gives the name of a new constant. */
type Adapter = (node: OnnxNode, constant: (tensor: Omit<OnnxTensor, 'name'>) => string) => OnnxNode

/** What of an operator were attributes and are inputs now, in their order. */
const ADAPTERS: Readonly<Record<string, Adapter>> = {
  Clip(node, constant) {
    const { min, max, ...attributes } = node.attributes ?? {}
    const inputs = [min, max].map(bound => (bound && 'float' in bound ? constant(scalar(bound.float)) : ''))
    return adapted(node, attributes, withoutEnd([...node.inputs, ...inputs]))
  },
  Pad(node, constant) {
    const { pads, value, ...attributes } = node.attributes ?? {}
    const number = value && 'float' in value ? value.float : 0
    return adapted(node, attributes, [...node.inputs, constant(integers(pads)), constant(scalar(number))])
  },
  Slice(node, constant) {
    if (node.inputs.length > 1) return node
    const { starts, ends, axes, ...attributes } = node.attributes ?? {}
    const inputs = [
      constant(integers(starts)),
      constant(integers(ends)),
      axes ? constant(integers(axes)) : '',
    ]
    return adapted(node, attributes, withoutEnd([...node.inputs, ...inputs]))
  },
  TopK(node, constant) {
    if (node.inputs.length > 1) return node
    const { k, ...attributes } = node.attributes ?? {}
    const count = k && 'int' in k ? k.int : 1
    return adapted(node, attributes, [...node.inputs, constant(integers({ ints: [count] }))])
  },
  Scatter: node => ({ ...node, op: 'ScatterElements' }),
}

/** Operators whose meaning changed by 11 in a way that no other nodes express. */
const CHANGED: ReadonlySet<string> = new Set(['Resize', 'Upsample'])

/**
 * The model under opset 11 where it is of 9 or 10; as it is where it is newer. Bodies are raised too. Throws
 * OPTIMIZE_UNSUPPORTED for older ones, and for operators that can't be raised.
 */
export function raiseOpset(model: OnnxModel): OnnxModel {
  const opset = model.opsets.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0
  if (opset >= RAISED) return model
  if (opset < LEAST)
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `The model is of opset ${opset}; it can be raised from ${LEAST} on`,
      hint: 'Export the model again with a newer opset.',
    })
  const added: OnnxTensor[] = []
  const fresh = freshNames(model.graph)
  const graph = raised(model.graph, added, fresh)
  const opsets = model.opsets.map(each =>
    each.domain === '' || each.domain === 'ai.onnx' ? { ...each, version: RAISED } : each,
  )
  const initializers = [...(graph.initializers ?? []), ...added]
  // Since 4 an initializer needs no input of its name.
  return { ...model, irVersion: Math.max(model.irVersion ?? 4, 4), opsets, graph: { ...graph, initializers } }
}

/** Constants stand in the main graph, which bodies see. */
function raised(graph: OnnxGraph, added: OnnxTensor[], fresh: (wanted: string) => string): OnnxGraph {
  const nodes = graph.nodes.map(node => {
    if (!node.domain && CHANGED.has(node.op))
      throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
        message: `'${nameOf(node)}' is a ${node.op} of an old opset, whose meaning is another in ${RAISED}`,
        hint: 'Export the model again with a newer opset.',
      })
    const constant = (tensor: Omit<OnnxTensor, 'name'>): string => {
      const name = fresh(`${nameOf(node)}/opset${RAISED}`)
      added.push({ ...tensor, name })
      return name
    }
    const adapter = !node.domain && Object.hasOwn(ADAPTERS, node.op) ? ADAPTERS[node.op] : undefined
    return withBodies(adapter ? adapter(node, constant) : node, body => raised(body, added, fresh))
  })
  return { ...graph, nodes }
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

function adapted(
  { attributes: _, ...node }: OnnxNode,
  attributes: Readonly<Record<string, OnnxAttribute>>,
  inputs: readonly string[],
): OnnxNode {
  return { ...node, inputs, ...(Object.keys(attributes).length > 0 && { attributes }) }
}

/** Inputs that are not given stand before others only. */
function withoutEnd(inputs: readonly string[]): readonly string[] {
  let end = inputs.length
  while (end > 0 && inputs[end - 1] === '') end--
  return inputs.slice(0, end)
}

function scalar(value: number): Omit<OnnxTensor, 'name'> {
  return { dtype: 'float32', shape: [], data: new Uint8Array(Float32Array.of(value).buffer) }
}

function integers(value: OnnxAttribute | undefined): Omit<OnnxTensor, 'name'> {
  const list = value && 'ints' in value ? value.ints : []
  const data = new Uint8Array(BigInt64Array.from(list, BigInt).buffer)
  return { dtype: 'int64', shape: [list.length], data }
}
