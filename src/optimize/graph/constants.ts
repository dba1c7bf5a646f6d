import type { OnnxModel, OnnxNode, OnnxTensor } from '../../formats/index.ts'

/** Since 4 an initializer needs no input of its name. */
const LEAST_IR = 4

/**
 * The model with constants of its main graph as initializers, where some exporters write a node for each: changes of
 * weights look for them there. Before IR version 4 every initializer had to be an input too, which nobody gives; they
 * are inputs no more.
 */
export function constantsAsInitializers(given: OnnxModel): OnnxModel {
  const model = withoutListed(given)
  const { graph } = model
  const constants: OnnxTensor[] = []
  const outputs = new Set(graph.outputs.map(({ name }) => name))
  const nodes = graph.nodes.filter(node => {
    const tensor = constantOf(node)
    const name = node.outputs[0]
    if (!tensor || name === undefined || outputs.has(name)) return true
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

/**
 * The model with initializers that are listed among its inputs as constants: nobody can give them otherwise any more.
 * `names` are theirs.
 */
export function listedAsConstants(model: OnnxModel): {
  readonly model: OnnxModel
  readonly names: readonly string[]
} {
  const { graph } = model
  const constants = new Set((graph.initializers ?? []).map(({ name }) => name))
  const names = graph.inputs.flatMap(({ name }) => (constants.has(name) ? [name] : []))
  const inputs = graph.inputs.filter(({ name }) => !constants.has(name))
  const irVersion = Math.max(model.irVersion ?? LEAST_IR, LEAST_IR)
  return { names, model: names.length === 0 ? model : { ...model, irVersion, graph: { ...graph, inputs } } }
}

function withoutListed(model: OnnxModel): OnnxModel {
  return (model.irVersion ?? LEAST_IR) >= LEAST_IR ? model : listedAsConstants(model).model
}

function constantOf({ op, domain, attributes }: OnnxNode): OnnxTensor | undefined {
  if (op !== 'Constant' || domain) return undefined
  const value = attributes?.['value']
  return value && 'tensor' in value ? value.tensor : undefined
}
