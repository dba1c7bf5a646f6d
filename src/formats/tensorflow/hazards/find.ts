import type { TensorflowGraph } from '../graphdef/graph.ts'
import { nodeOf } from '../graphdef/names.ts'
import type { TensorflowNode } from '../graphdef/node.ts'
import { type Effect, effectOf } from './effects.ts'
import { HARMLESS_OPS } from './harmless-ops.ts'
import { type Container, type IndexedGraph, indexGraph } from './index-graph.ts'
import { type Origin, type OriginNames, originsOf } from './origin.ts'
import { type Reach, reachFrom } from './reach.ts'
import type { TensorflowHazard } from './types.ts'

export interface HazardInput {
  readonly graph: TensorflowGraph
  /** Nodes, or tensors of nodes, that signatures take and give, and that loading runs. */
  readonly roots: readonly string[]
  /** The nodes that write and read checkpoints, and the one that gets the path. */
  readonly saver: { readonly filename: string; readonly save: string; readonly restore: string }
  /** Nodes that get the paths of the model's assets. */
  readonly assets: readonly string[]
}

/** A scan needs no more to know. */
const MAX_HAZARDS = 10_000

/**
 * Nodes that touch more than tensors. Ops are told by an allow-list: one that is neither known to be harmless nor to
 * do something is `unknown-op`. What every SavedModel has is left out: its saver, which writes and reads
 * checkpoints where it is told to, and tables that are read from the model's own assets.
 */
export function tensorflowHazards(input: HazardInput): TensorflowHazard[] {
  const graph = indexGraph(input.graph)
  const signature = reachFrom(graph, input.roots)
  const saver = reachFrom(
    graph,
    [input.saver.save, input.saver.restore].filter(name => name !== ''),
  )
  const names = {
    assets: new Set(input.assets.map(nodeOf)),
    saver: nodeOf(input.saver.filename),
    restored: new Set(graph.main.all.filter(({ name }) => saver.nodes.has(name)).flatMap(inputsOf)),
  }
  const hazards: TensorflowHazard[] = []
  for (const container of graph.containers)
    for (const node of container.all) {
      if (hazards.length >= MAX_HAZARDS) return hazards
      if (HARMLESS_OPS.has(node.op) || graph.functions.has(node.op)) continue
      const reachable = isReached(signature, container, node)
      const found = judge(graph, names, container, node, !reachable && isReached(saver, container, node))
      if (!found) continue
      hazards.push({
        op: node.op,
        node: node.name,
        ...(container.name !== '' && { function: container.name }),
        reachableFromSignature: reachable,
        ...found,
      })
    }
  return hazards
}

function inputsOf({ inputs }: TensorflowNode): string[] {
  return inputs.map(nodeOf)
}

function isReached({ nodes, functions }: Reach, { name }: Container, node: TensorflowNode): boolean {
  return name === '' ? nodes.has(node.name) : functions.has(name)
}

function judge(
  graph: IndexedGraph,
  names: OriginNames,
  container: Container,
  node: TensorflowNode,
  ofSaver: boolean,
): Pick<TensorflowHazard, 'kind' | 'detail'> | undefined {
  const effect = effectOf(node.op)
  if (!effect) return { kind: 'unknown-op', detail: 'TensorFlow has no such op, or nobody vouches for it' }
  if (effect.attribute) return judgeAttribute(effect, node)
  const inputs = node.inputs.filter(one => !one.startsWith('^'))
  const origins = (effect.paths ?? []).flatMap(path => originsOf(graph, names, container, inputs[path]))
  if (isHarmless(effect, origins, ofSaver)) return undefined
  return { kind: effect.kind, detail: effect.why + toldOf(origins) }
}

function judgeAttribute(
  { attribute, kind, why }: Effect,
  { op, attributes }: TensorflowNode,
): Pick<TensorflowHazard, 'kind' | 'detail'> | undefined {
  const value = JSON.stringify(attributes.get(attribute!.name) ?? '')
  const harmless = value === '""' || attribute!.harmless.test(value)
  if (op === 'PrintV2' && harmless) return { kind: 'log', detail: "writes to the program's log" }
  if (harmless) return undefined
  return { kind, detail: `${why}: ${value.slice(0, 200)}` }
}

function isHarmless(
  { kind, checkpoint, paths, inMemory }: Effect,
  origins: readonly Origin[],
  ofSaver: boolean,
): boolean {
  if (!paths || origins.length === 0) return false
  const kinds = new Set(origins.map(origin => origin.kind))
  if (kind === 'file-read' && kinds.size === 1 && kinds.has('asset')) return true
  if (inMemory && origins.every(origin => origin.kind === 'constant' && origin.text === '')) return true
  if (!checkpoint || !ofSaver || !kinds.has('saver')) return false
  return origins.every(
    origin => origin.kind === 'saver' || (origin.kind === 'constant' && staysBelow(origin.text)),
  )
}

/** A part of a path that leads nowhere else. */
function staysBelow(text: string): boolean {
  return !/^[/\\~]|^[A-Za-z]:|:\/\//.test(text) && !text.split(/[/\\]/).includes('..')
}

function toldOf(origins: readonly Origin[]): string {
  const texts = origins.flatMap(origin =>
    origin.kind === 'constant' && origin.text !== '' ? [origin.text] : [],
  )
  const given = origins.some(({ kind }) => kind === 'input')
  const parts = [
    ...texts.slice(0, 3).map(text => JSON.stringify(text.slice(0, 200))),
    ...(given ? ['a path that is given to the model'] : []),
  ]
  return parts.length > 0 ? `: ${parts.join(', ')}` : ''
}
