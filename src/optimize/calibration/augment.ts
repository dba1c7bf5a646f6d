import type { OnnxModel, OnnxNode } from '../../formats/index.ts'
import { freshNames } from '../graph/weights.ts'

/** The model with values between its nodes as outputs too. */
export function withOutputs(model: OnnxModel, names: readonly string[]): OnnxModel {
  const { graph } = model
  const given = new Set(graph.outputs.map(({ name }) => name))
  const added = names.filter(name => !given.has(name)).map(name => ({ name, dtype: 'float32' }) as const)
  return { ...model, graph: { ...graph, outputs: [...graph.outputs, ...added] } }
}

/** The model with the numbers of elements of values as outputs; `names` tells the output of each. */
export function withSizes(
  model: OnnxModel,
  values: readonly string[],
): { readonly model: OnnxModel; readonly names: ReadonlyMap<string, string> } {
  const { graph } = model
  const fresh = freshNames(graph)
  const names = new Map(values.map(value => [value, fresh(`${value}_size`)] as const))
  const nodes = Array.from(
    names,
    ([value, name]): OnnxNode => ({ op: 'Size', inputs: [value], outputs: [name] }),
  )
  const outputs = Array.from(names.values(), name => ({ name, dtype: 'int64', shape: [] }) as const)
  return {
    names,
    model: {
      ...model,
      graph: { ...graph, nodes: [...graph.nodes, ...nodes], outputs: [...graph.outputs, ...outputs] },
    },
  }
}

/** Values in their order, together where their sizes stay within the limit; one that is larger is alone. */
export function groupsWithin(
  sizes: ReadonlyMap<string, number>,
  limit: number,
): readonly (readonly string[])[] {
  const groups: string[][] = []
  let room = 0
  for (const [name, size] of sizes) {
    if (size > room) {
      groups.push([])
      room = limit
    }
    groups.at(-1)!.push(name)
    room -= size
  }
  return groups
}
