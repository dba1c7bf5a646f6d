import type { OnnxAttribute, OnnxFunction, OnnxGraph, OnnxNode } from '../../../formats/index.ts'
import { OptimizeError } from '../../errors.ts'
import { nameOf } from '../weights.ts'
import { ownNames } from './names.ts'

type Attributes = Readonly<Record<string, OnnxAttribute>>

/** A node that calls a function, and what makes names that nothing has. */
export interface Call {
  readonly node: OnnxNode
  readonly called: OnnxFunction
  readonly fresh: (wanted: string) => string
}

/**
 * The nodes of a function in the place of one that calls it: its inputs are what the call gives, its outputs what the
 * call is taken for, all other values get names of their own. A parameter is what the call says, and where it says
 * nothing the attribute is not there. Throws OPTIMIZE_UNSUPPORTED for calls with more than the function takes or gives.
 */
export function nodesOf({ node, called, fresh }: Call): readonly OnnxNode[] {
  check(node, called)
  const prefix = nameOf(node)
  const names = new Map<string, string>([['', '']])
  called.inputs.forEach((name, i) => {
    names.set(name, node.inputs[i] ?? '')
  })
  const inner = (name: string) => fresh(`${prefix}/${name}`)
  const handed: OnnxNode[] = []
  called.outputs.forEach((name, i) => {
    const wanted = node.outputs[i] || ''
    // What is given as it was taken, and what is given twice, takes a node that hands it on.
    if (!names.has(name)) names.set(name, wanted || inner(name))
    else if (wanted) handed.push({ op: 'Identity', inputs: [names.get(name)!], outputs: [wanted] })
  })
  for (const name of called.nodes.flatMap(({ outputs }) => outputs))
    if (!names.has(name)) names.set(name, inner(name))
  const placing = new Placing(node.attributes ?? {}, inner)
  return [...called.nodes.map(each => placing.node(each, names)), ...handed]
}

function check({ inputs, outputs, op }: OnnxNode, called: OnnxFunction): void {
  if (inputs.length <= called.inputs.length && outputs.length <= called.outputs.length) return
  throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
    message: `A node gives ${inputs.length} inputs to the function '${op}' and takes ${outputs.length} outputs; it has ${called.inputs.length} and ${called.outputs.length}`,
    hint: 'Check the model with onnx.checker, and export it again.',
  })
}

class Placing {
  readonly #given: Attributes
  readonly #inner: (name: string) => string

  constructor(given: Attributes, inner: (name: string) => string) {
    this.#given = given
    this.#inner = inner
  }

  node(node: OnnxNode, names: ReadonlyMap<string, string>): OnnxNode {
    const { attributes, name, ...rest } = node
    const placed = Object.entries(attributes ?? {}).flatMap(([key, value]) => {
      const told = this.#attribute(value, names)
      return told ? [[key, told] as const] : []
    })
    return {
      ...rest,
      name: this.#inner(name || node.op),
      inputs: node.inputs.map(input => names.get(input) ?? input),
      outputs: node.outputs.map(output => names.get(output) ?? output),
      ...(placed.length > 0 && { attributes: Object.fromEntries(placed) }),
    }
  }

  #attribute(value: OnnxAttribute, names: ReadonlyMap<string, string>): OnnxAttribute | undefined {
    if ('parameter' in value)
      return Object.hasOwn(this.#given, value.parameter) ? this.#given[value.parameter] : undefined
    if ('graph' in value) return { graph: this.#graph(value.graph, names) }
    if ('graphs' in value) return { graphs: value.graphs.map(graph => this.#graph(graph, names)) }
    return value
  }

  #graph(graph: OnnxGraph, around: ReadonlyMap<string, string>): OnnxGraph {
    const names = new Map(around)
    for (const name of ownNames(graph)) names.set(name, this.#inner(name))
    const named = <Value extends { readonly name: string }>(value: Value): Value => ({
      ...value,
      name: names.get(value.name) ?? value.name,
    })
    return {
      ...graph,
      nodes: graph.nodes.map(node => this.node(node, names)),
      inputs: graph.inputs.map(named),
      outputs: graph.outputs.map(named),
      ...(graph.initializers && { initializers: graph.initializers.map(named) }),
      ...(graph.values && { values: graph.values.map(named) }),
    }
  }
}
