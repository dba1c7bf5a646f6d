import type { Place } from '../errors.ts'
import type { GraphNode, ModelGraph } from '../types.ts'
import { attributesOf } from './config/attributes.ts'
import { member } from './config/json.ts'
import { type Layer, type Model, readModel } from './config/model.ts'
import { refName } from './config/refs.ts'
import { fail } from './failures.ts'
import { MAX_MODEL_DEPTH, MAX_NODES } from './limits.ts'
import type { WeightPaths } from './weights/paths.ts'

/** Members of a wrapper's config that hold the layer within. */
const WRAPPED = ['layer', 'forward_layer', 'backward_layer', 'cell']

/**
 * A model's layers as a graph: one node for each call of a layer, models within it as subgraphs named by their path.
 * `weights` tells where a layer's variables lie.
 */
export function graphOf(model: Model, place: Place, weights: WeightPaths): ModelGraph {
  const subgraphs: { name: string; nodes: readonly GraphNode[] }[] = []
  let total = 0
  const add = (
    inner: Model,
    path: string,
    under: string | undefined,
    depth: number,
  ): readonly GraphNode[] => {
    if (depth > MAX_MODEL_DEPTH) throw fail.limit(place, `models are nested over ${MAX_MODEL_DEPTH} deep`)
    const nodes = nodesOf(inner, layer => weights.of(inner, layer, under))
    total += nodes.length
    if (total > MAX_NODES) throw fail.limit(place, `a model has over ${MAX_NODES} calls of layers`)
    for (const layer of inner.layers) {
      const name = path === '' ? layer.name : `${path}/${layer.name}`
      for (const [part, nested] of modelsIn(layer)) {
        const at = subgraphs.push({ name: part === '' ? name : `${name}/${part}`, nodes: [] }) - 1
        const inside = weights.of(inner, layer, under)
        const where = inside === undefined ? undefined : part === '' ? inside : `${inside}/${part}`
        subgraphs[at]!.nodes = add(nested, subgraphs[at]!.name, where, depth + 1)
      }
    }
    return nodes
  }
  const nodes = add(model, '', weights.root, 1)
  return {
    name: model.name,
    kind: 'layers',
    nodes,
    subgraphs,
    operators: operatorsOf([nodes, ...subgraphs.map(s => s.nodes)]),
  }
}

/** The layer itself where it is a model, and models that it wraps. */
export function modelsIn(layer: Layer): readonly (readonly [part: string, model: Model])[] {
  const own = readModel({ class_name: layer.className, config: layer.config })
  if (own) return [['', own]]
  return WRAPPED.flatMap(key => {
    const inner = readModel(member(layer.config, key))
    return inner ? [[key, inner] as const] : []
  })
}

function nodesOf(model: Model, weightsOf: (layer: Layer) => string | undefined): GraphNode[] {
  return model.layers.flatMap((layer, index) => {
    const before = model.layers[index - 1]
    const alone = model.kind === 'sequential' && before ? [{ layer: before.name, node: 0, tensor: 0 }] : []
    const calls = layer.calls.length > 0 ? layer.calls : [alone]
    const domain = domainOf(layer)
    const weights = weightsOf(layer)
    return calls.map((inputs, node) => {
      const name = refName({ layer: layer.name, node, tensor: 0 })
      return {
        name,
        op: layer.className,
        ...(domain !== undefined && { domain }),
        inputs: inputs.map(refName),
        outputs: [name],
        attributes: { ...attributesOf(layer.config), ...(weights !== undefined && { weights }) },
      }
    })
  })
}

/** The module of a layer that is not Keras' own. */
function domainOf({ module }: Layer): string | undefined {
  return module === undefined || /^(tf_)?keras(\.|$)/.test(module) ? undefined : module
}

function operatorsOf(graphs: readonly (readonly GraphNode[])[]): ModelGraph['operators'] {
  const counts = new Map<string, { name: string; domain?: string; count: number }>()
  for (const { op, domain } of graphs.flat()) {
    const key = `${domain ?? ''}\0${op}`
    const known = counts.get(key)
    if (known) known.count++
    else counts.set(key, { name: op, ...(domain !== undefined && { domain }), count: 1 })
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
}
