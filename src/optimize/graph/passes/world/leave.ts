import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../../../../formats/index.ts'
import { sorted } from './order.ts'
import type { Body, Node } from './types.ts'
import type { World } from './world.ts'

/** Since 4 an initializer needs no input of its name. */
const LEAST_IR = 4

/** The model that a world has become. Constants that nothing takes are gone. */
export function leave(model: OnnxModel, world: World): OnnxModel {
  const leaving = new Leaving(world)
  return {
    ...model,
    irVersion: Math.max(model.irVersion ?? LEAST_IR, LEAST_IR),
    graph: leaving.graph(world.main),
  }
}

class Leaving {
  readonly #world: World
  /** Constants that stand in bodies, as these give them. */
  readonly #placed = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  graph(body: Body): OnnxGraph {
    const { given, inputs, outputs } = body
    const main = body === this.#world.main
    for (const name of body.own) this.#placed.add(name)
    const nodes = sorted(body).map(node => this.#node(node))
    const own = main ? this.#mainConstants() : [...body.own].map(name => this.#world.constants.get(name)!)
    return {
      name: given.name,
      nodes,
      inputs: given.inputs.map((input, i) => ({ ...input, name: inputs[i]! })),
      outputs: given.outputs.map((output, i) => ({ ...output, name: outputs[i]! })),
      initializers: own,
      ...(main && { values: this.#types(given) }),
      ...(given.metadata && { metadata: given.metadata }),
    }
  }

  /** Those that callers may give otherwise stay, and what is taken. */
  #mainConstants(): readonly OnnxTensor[] {
    const { given, inputs } = this.#world.main
    const listed = new Set(inputs)
    return [
      ...(given.initializers ?? []).filter(({ name }) => listed.has(name)),
      ...[...this.#world.constants.values()].filter(
        ({ name }) => this.#world.isUsed(name) && !this.#placed.has(name),
      ),
    ]
  }

  /** What the file said of values that are still made. */
  #types({ values = [] }: OnnxGraph) {
    return values.filter(({ name }) => this.#world.maker(name)?.body === this.#world.main)
  }

  #node(node: Node): OnnxNode {
    const { name, op, domain, overload, inputs, outputs, metadata } = node
    const graphs = Array.from(node.bodies, ([key, body]) => [key, { graph: this.graph(body) }] as const)
    const attributes = { ...node.attributes, ...Object.fromEntries(graphs) }
    return {
      ...(name && { name }),
      op,
      ...(domain && { domain }),
      ...(overload && { overload }),
      inputs: [...inputs],
      outputs: [...outputs],
      ...(Object.keys(attributes).length > 0 && { attributes }),
      ...(metadata && { metadata }),
    }
  }
}
