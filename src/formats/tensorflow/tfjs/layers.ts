import type { StrictJson } from '../../bytes/json.ts'
import type { Attribute, GraphNode, ModelGraph, Signature } from '../../types.ts'
import { isObject, type JsonObject, listAt, objectAt, textAt } from './json.ts'

/** Models within models. */
const MAX_DEPTH = 50
/** What is shown of one setting of a layer. */
const MAX_SHOWN = 512

/** A Keras model's layers, out of the JSON that TF.js keeps. */
export interface LayersModel {
  /** `Functional`, `Sequential`. */
  readonly className: string
  readonly name: string
  readonly graph: ModelGraph
  readonly signature: Signature | undefined
}

/** `modelTopology`: the model's class and configuration, in `model_config` where Keras wrote it. */
export function layersModel(topology: JsonObject): LayersModel {
  const model = topology.has('model_config') ? objectAt(topology, 'model_config') : topology
  const className = textAt(model, 'class_name') ?? ''
  const subgraphs: { name: string; nodes: GraphNode[] }[] = []
  const nodes = layersOf(model, subgraphs, 0)
  const name = textAt(objectAt(model, 'config'), 'name') ?? ''
  const counts = new Map<string, number>()
  for (const { op } of [nodes, ...subgraphs.map(graph => graph.nodes)].flat())
    counts.set(op, (counts.get(op) ?? 0) + 1)
  const operators = Array.from(counts, ([op, count]) => ({ name: op, count }))
  return {
    className,
    name,
    graph: {
      name,
      kind: 'layers',
      nodes,
      subgraphs,
      operators: operators.toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)),
    },
    signature: signatureOf(model, nodes),
  }
}

function layersOf(
  model: JsonObject,
  subgraphs: { name: string; nodes: GraphNode[] }[],
  depth: number,
): GraphNode[] {
  const config = model.get('config')
  // Keras 2.1 and older kept a sequential model's layers as the configuration itself.
  const layers = Array.isArray(config) ? config : listAt(config, 'layers')
  let before: string | undefined
  const sequential = textAt(model, 'class_name') === 'Sequential'
  return layers.filter(isObject).map(layer => {
    const settings = objectAt(layer, 'config')
    const name = textAt(layer, 'name') ?? textAt(settings, 'name') ?? ''
    const op = textAt(layer, 'class_name') ?? ''
    if (settings.has('layers') && depth < MAX_DEPTH)
      subgraphs.push({ name, nodes: layersOf(layer, subgraphs, depth + 1) })
    const inputs = sequential ? (before === undefined ? [] : [before]) : inputsOf(layer.get('inbound_nodes'))
    before = name
    return { name, op, inputs, outputs: [name], attributes: attributesOf(settings) }
  })
}

/** Names of layers: `[[["name", 0, 0, {}]]]`, or in Keras 3 tensors with a `keras_history`. */
function inputsOf(json: StrictJson | undefined): string[] {
  const found: string[] = []
  const pending: StrictJson[] = json === undefined ? [] : [json]
  while (pending.length > 0) {
    const value = pending.pop()!
    if (!isObject(value) && !Array.isArray(value)) continue
    const items: readonly StrictJson[] = isObject(value) ? Array.from(value.values()) : value
    if (typeof items[0] === 'string' && typeof items[1] === 'number') found.push(items[0])
    else for (const item of items.toReversed()) pending.push(item)
  }
  return Array.from(new Set(found))
}

function attributesOf(settings: JsonObject): Record<string, Attribute> {
  const shown: [string, Attribute][] = []
  for (const [key, value] of settings) {
    if (key === 'name' || key === 'layers' || value === null) continue
    if (typeof value === 'string') shown.push([key, value.slice(0, MAX_SHOWN)])
    else if (typeof value === 'number' || typeof value === 'boolean') shown.push([key, value])
    else if (Array.isArray(value) && value.length <= 16 && value.every(isSimple)) shown.push([key, value])
    else if (isObject(value) && textAt(value, 'class_name') !== undefined)
      shown.push([key, textAt(value, 'class_name')!.slice(0, MAX_SHOWN)])
  }
  return Object.fromEntries(shown)
}

function isSimple(value: StrictJson): value is string | number | boolean | null {
  return (
    value === null || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
  )
}

function signatureOf(model: JsonObject, nodes: readonly GraphNode[]): Signature | undefined {
  if (nodes.length === 0) return undefined
  const config = objectAt(model, 'config')
  const named = (key: string) => inputsOf(config.get(key))
  const first = nodes[0]!
  const inputs = config.has('input_layers') ? named('input_layers') : [first.name]
  const outputs = config.has('output_layers') ? named('output_layers') : [nodes.at(-1)!.name]
  const byName = new Map(nodes.map(node => [node.name, node]))
  return {
    name: 'default',
    inputs: inputs.map(name => {
      const { attributes } = byName.get(name) ?? first
      const shape = attributes?.['batch_input_shape'] ?? attributes?.['batch_shape']
      const dtype = attributes?.['dtype']
      return {
        name,
        kind: 'tensor' as const,
        ...(dtype === 'float32' || dtype === 'int32' ? { dtype } : {}),
        ...(Array.isArray(shape) && { shape: shape as (number | null)[] }),
      }
    }),
    outputs: outputs.map(name => ({ name, kind: 'tensor' as const })),
  }
}
