import type { OnnxDtype, OnnxGraph, OnnxNode } from '../../../formats/index.ts'
import { outputDtypes } from '../../graph/dtypes.ts'
import { usedNames } from '../../graph/weights.ts'
import { ruleOf } from './rules.ts'

/** What values are made of, as far as it is known. */
export function dtypesOf({
  inputs,
  outputs,
  values = [],
  nodes,
  initializers = [],
}: OnnxGraph): ReadonlyMap<string, OnnxDtype> {
  const dtypes = new Map<string, OnnxDtype>()
  for (const { name, dtype } of [...initializers, ...values, ...outputs, ...inputs]) dtypes.set(name, dtype)
  for (const node of nodes)
    outputDtypes(node, dtypes).forEach((dtype, i) => {
      const name = node.outputs[i]!
      if (name !== '' && dtype !== undefined && !dtypes.has(name)) dtypes.set(name, dtype)
    })
  return dtypes
}

/** How often values are taken, in bodies too: a name that a body takes must stay. */
export function takersOf(nodes: readonly OnnxNode[]): ReadonlyMap<string, number> {
  const takers = new Map<string, number>()
  const add = (name: string, count: number) => takers.set(name, (takers.get(name) ?? 0) + count)
  for (const node of nodes) {
    for (const name of node.inputs) if (name !== '') add(name, 1)
    // More than one: what the main graph's nodes take alone is told by one.
    for (const name of bodyNames(node)) add(name, 2)
  }
  return takers
}

/** Names of values that the bodies of an If, Loop or Scan take, their own among them. */
export function bodyNames({ attributes = {} }: OnnxNode): ReadonlySet<string> {
  const names = new Set<string>()
  for (const value of Object.values(attributes)) {
    const bodies = 'graph' in value ? [value.graph] : 'graphs' in value ? value.graphs : []
    for (const body of bodies) usedNames(body, names)
  }
  return names
}

/**
 * Values whose ranges `quantizeStatic` asks for: those that operators with a rule take and give, but for constants.
 */
export function valuesToCalibrate(graph: OnnxGraph): readonly string[] {
  const constants = new Set((graph.initializers ?? []).map(({ name }) => name))
  const dtypes = dtypesOf(graph)
  const names = new Set(graph.nodes.filter(ruleOf).flatMap(({ inputs, outputs }) => [...inputs, ...outputs]))
  return [...names].filter(name => !constants.has(name) && dtypes.get(name) === 'float32')
}
