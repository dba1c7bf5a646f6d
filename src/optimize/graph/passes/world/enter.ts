import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode } from '../../../../formats/index.ts'
import { OptimizeError } from '../../../errors.ts'
import { sorted } from './order.ts'
import type { Body, Node } from './types.ts'
import { World } from './world.ts'

/** Before, Add and others broadcast in another way, and Reshape had its sizes as an attribute. */
const LEAST_OPSET = 7

/**
 * The world of a model. In bodies, what has a name that another value has gets one of its own. Throws
 * OPTIMIZE_UNSUPPORTED for old opsets, values that nothing makes or two nodes make, and graphs in a circle.
 */
export function enter(model: OnnxModel): World {
  const opset = model.opsets.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0
  if (opset < LEAST_OPSET)
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `The model is of opset ${opset}; simplifying it needs ${LEAST_OPSET}`,
      hint: 'Export the model again with a newer opset.',
    })
  const entry = new Entry(model.graph, opset)
  return entry.world
}

class Entry {
  readonly world: World
  readonly #taken = new Set<string>()

  constructor(graph: OnnxGraph, opset: number) {
    const main: Body = {
      given: graph,
      inputs: graph.inputs.map(({ name }) => name),
      outputs: graph.outputs.map(({ name }) => name),
      nodes: new Set(),
      own: new Set(),
    }
    // Names of bodies stay free where nothing else has them: they are taken in order.
    for (const name of [...valuesOf(graph), ...main.outputs]) this.#taken.add(name)
    this.world = new World(main, opset, this.#taken)
    const given = new Set(main.inputs)
    for (const tensor of graph.initializers ?? [])
      if (!given.has(tensor.name)) this.world.constants.set(tensor.name, tensor)
    for (const name of main.outputs) this.world.give(main, name)
    const names = new Map(valuesOf(graph).map(name => [name, name]))
    checkOnce(graph)
    this.#nodes(graph, main, names)
    check(main.outputs, names)
    sorted(main)
  }

  #nodes(graph: OnnxGraph, body: Body, names: ReadonlyMap<string, string>): void {
    for (const node of graph.nodes) {
      check(node.inputs, names)
      this.world.link(this.#node(node, body, names))
    }
  }

  #node(node: OnnxNode, body: Body, names: ReadonlyMap<string, string>): Node {
    const attributes: [string, OnnxAttribute][] = []
    const bodies = new Map<string, Body>()
    for (const [name, value] of Object.entries(node.attributes ?? {})) {
      if ('graph' in value) bodies.set(name, this.#body(value.graph, names))
      else if ('graphs' in value)
        throw wrong(`${node.op} has a list of graphs, which no operator of ONNX has`)
      else attributes.push([name, value])
    }
    return {
      name: node.name ?? '',
      op: node.op,
      domain: node.domain === 'ai.onnx' ? '' : (node.domain ?? ''),
      overload: node.overload ?? '',
      inputs: node.inputs.map(input => names.get(input) ?? input),
      outputs: node.outputs.map(output => names.get(output) ?? output),
      attributes: Object.fromEntries(attributes),
      bodies,
      metadata: node.metadata,
      body,
    }
  }

  #body(graph: OnnxGraph, around: ReadonlyMap<string, string>): Body {
    checkOnce(graph)
    const names = new Map(around)
    for (const name of valuesOf(graph)) names.set(name, this.world.fresh(name))
    const body: Body = {
      given: graph,
      inputs: graph.inputs.map(({ name }) => names.get(name)!),
      outputs: graph.outputs.map(({ name }) => names.get(name) ?? name),
      nodes: new Set(),
      own: new Set(),
    }
    check(
      graph.outputs.map(({ name }) => name),
      names,
    )
    const outputs = new Set(body.outputs)
    const given = new Set(body.inputs)
    for (const tensor of graph.initializers ?? []) {
      const name = names.get(tensor.name)!
      if (given.has(name)) continue
      this.world.constants.set(name, { ...tensor, name })
      if (outputs.has(name)) body.own.add(name)
    }
    for (const name of body.outputs) this.world.give(body, name)
    this.#nodes(graph, body, names)
    sorted(body)
    return body
  }
}

/** Names of what a graph is given, has as constants, and makes. */
function valuesOf({ inputs, initializers = [], nodes }: OnnxGraph): string[] {
  const names = new Set([
    ...inputs.map(({ name }) => name),
    ...initializers.map(({ name }) => name),
    ...nodes.flatMap(({ outputs }) => outputs),
  ])
  names.delete('')
  return [...names]
}

function checkOnce({ inputs, initializers = [], nodes }: OnnxGraph): void {
  const made = new Set([...inputs, ...initializers].map(({ name }) => name))
  for (const { outputs } of nodes)
    for (const output of outputs) {
      if (output !== '' && made.has(output)) throw wrong(`'${output}' is made twice`)
      made.add(output)
    }
}

function check(values: readonly string[], names: ReadonlyMap<string, string>): void {
  const missing = values.find(value => value !== '' && !names.has(value))
  if (missing !== undefined) throw wrong(`Nothing makes '${missing}'`)
}

function wrong(message: string): OptimizeError {
  return new OptimizeError('OPTIMIZE_UNSUPPORTED', {
    message,
    hint: 'Check the model with onnx.checker, and export it again.',
  })
}
