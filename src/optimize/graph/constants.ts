import type { OnnxModel, OnnxNode, OnnxTensor } from '../../formats/index.ts'

/** Since 4 an initializer needs no input of its name. */
const LEAST_IR = 4

/**
 * The model with constants of its main graph as initializers, where some exporters write a node for each: changes of
 * weights look for them there.
 */
export function constantsAsInitializers(model: OnnxModel): OnnxModel {
  const { graph } = model
  const constants: OnnxTensor[] = []
  const given = new Set(graph.outputs.map(({ name }) => name))
  const nodes = graph.nodes.filter(node => {
    const tensor = constantOf(node)
    const name = node.outputs[0]
    if (!tensor || name === undefined || given.has(name)) return true
    constants.push({ ...tensor, name })
    return false
  })
  if (constants.length === 0) return model
  return {
    ...model,
    irVersion: Math.max(model.irVersion ?? LEAST_IR, LEAST_IR),
    graph: { ...graph, nodes, initializers: [...(graph.initializers ?? []), ...constants] },
  }
}

function constantOf({ op, domain, attributes }: OnnxNode): OnnxTensor | undefined {
  if (op !== 'Constant' || domain) return undefined
  const value = attributes?.['value']
  return value && 'tensor' in value ? value.tensor : undefined
}
