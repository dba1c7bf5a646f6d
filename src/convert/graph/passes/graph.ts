import type { OnnxAttribute, OnnxEntries, OnnxGraph, OnnxNode } from '../../../formats/index.ts'
import type { Attributes, ValueType } from '../types.ts'
import type { World } from './world.ts'

/** A node that passes change. */
export interface Node {
  readonly name: string
  op: string
  readonly domain: string
  readonly inputs: string[]
  readonly outputs: string[]
  attributes: Attributes
  readonly metadata: OnnxEntries | undefined
  /** Values of graphs around its bodies that these see. */
  readonly captured: readonly string[]
  /** Where its source stands in the mapping. */
  readonly owner: number | undefined
}

/** What a pass asks for; `like` is the node whose source it has. */
export interface NewNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes?: Attributes
  readonly like: Node | undefined
}

/** One graph, main or body, while passes work on it: who makes a value, and who takes it. */
export class Graph {
  readonly world: World
  readonly nodes = new Set<Node>()
  readonly inputs: ReadonlySet<string>
  readonly #given: OnnxGraph
  readonly #makers = new Map<string, Node>()
  readonly #users = new Map<string, Set<Node>>()
  readonly #outputs: ReadonlySet<string>
  readonly #captured = new Map<string, number>()
  #changes = 0

  constructor(given: OnnxGraph, world: World, bodies: (graph: OnnxGraph) => OnnxGraph) {
    this.world = world
    this.#given = given
    this.inputs = new Set(given.inputs.map(({ name }) => name))
    this.#outputs = new Set(given.outputs.map(({ name }) => name))
    for (const node of given.nodes) this.#link(nodeOf(node, world, bodies))
  }

  /** How often something was changed. */
  get changes(): number {
    return this.#changes
  }

  maker(value: string): Node | undefined {
    return this.#makers.get(value)
  }

  users(value: string): ReadonlySet<Node> {
    return this.#users.get(value) ?? NOBODY
  }

  /** An output of the graph, or seen by a body: its name and layout stay. */
  isPinned(value: string): boolean {
    return this.#outputs.has(value) || this.#captured.has(value)
  }

  isOutput(value: string): boolean {
    return this.#outputs.has(value)
  }

  isUsed(value: string): boolean {
    return this.isPinned(value) || this.users(value).size > 0
  }

  typeOf(value: string): ValueType | undefined {
    return this.world.types.get(value)
  }

  add({ op, inputs, output, attributes = {}, like }: NewNode, type: ValueType): Node {
    this.world.types.set(output, type)
    const node: Node = {
      name: this.world.nodeName(output, op),
      op,
      domain: '',
      inputs: [...inputs],
      outputs: [output],
      attributes,
      metadata: like?.metadata,
      captured: [],
      owner: like?.owner,
    }
    this.#link(node)
    return node
  }

  /** Its outputs must have no users, or get other makers. */
  remove(node: Node): void {
    this.#changes++
    this.nodes.delete(node)
    this.world.free(node.name)
    for (const output of node.outputs) if (this.#makers.get(output) === node) this.#makers.delete(output)
    for (const input of new Set(node.inputs)) this.#users.get(input)?.delete(node)
    for (const value of node.captured) {
      const count = this.#captured.get(value)! - 1
      if (count > 0) this.#captured.set(value, count)
      else this.#captured.delete(value)
    }
  }

  setInput(node: Node, at: number, value: string): void {
    const before = node.inputs[at]!
    if (before === value) return
    this.#changes++
    node.inputs[at] = value
    if (!node.inputs.includes(before)) this.#users.get(before)?.delete(node)
    this.#use(value, node)
  }

  setInputs(node: Node, values: readonly string[]): void {
    this.#changes++
    for (const input of node.inputs) this.#users.get(input)?.delete(node)
    node.inputs.splice(0, node.inputs.length, ...values)
    for (const value of values) this.#use(value, node)
  }

  setOutput(node: Node, at: number, value: string, type: ValueType | undefined): void {
    this.#changes++
    const before = node.outputs[at]!
    if (this.#makers.get(before) === node) this.#makers.delete(before)
    node.outputs[at] = value
    this.#makers.set(value, node)
    if (type) this.world.types.set(value, type)
  }

  /** Nodes that take `before` take `after`. Outputs and bodies don't change: see `isPinned`. */
  replace(before: string, after: string): void {
    for (const node of [...this.users(before)])
      for (const [i, input] of node.inputs.entries()) if (input === before) this.setInput(node, i, after)
  }

  /** Nodes in an order in which they can run: where it is open, as they were. */
  sorted(): readonly Node[] {
    const done = new Set<Node>()
    const order: Node[] = []
    for (const root of this.nodes) this.#visit(root, done, order)
    return order
  }

  done(): OnnxGraph {
    return { ...this.#given, nodes: this.sorted().map(onnxOf) }
  }

  /** Depth first, without recursion: graphs are as deep as they have nodes. */
  #visit(root: Node, done: Set<Node>, order: Node[]): void {
    if (done.has(root)) return
    done.add(root)
    const open = [{ node: root, next: 0 }]
    while (open.length > 0) {
      const top = open.at(-1)!
      const { inputs, captured } = top.node
      const at = top.next++
      const value = at < inputs.length ? inputs[at] : captured[at - inputs.length]
      if (value === undefined) {
        order.push(top.node)
        open.pop()
        continue
      }
      const need = this.#makers.get(value)
      if (!need || done.has(need)) continue
      done.add(need)
      open.push({ node: need, next: 0 })
    }
  }

  #link(node: Node): void {
    this.#changes++
    this.nodes.add(node)
    for (const output of node.outputs) this.#makers.set(output, node)
    for (const input of node.inputs) this.#use(input, node)
    for (const value of node.captured) this.#captured.set(value, (this.#captured.get(value) ?? 0) + 1)
  }

  #use(value: string, node: Node): void {
    if (value === '') return
    const users = this.#users.get(value)
    if (users) users.add(node)
    else this.#users.set(value, new Set([node]))
  }
}

const NOBODY: ReadonlySet<Node> = new Set()

function nodeOf(node: OnnxNode, world: World, bodies: (graph: OnnxGraph) => OnnxGraph): Node {
  const attributes: Record<string, OnnxAttribute> = {}
  const captured = new Set<string>()
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    attributes[name] = 'graph' in value ? { graph: bodies(value.graph) } : value
    if ('graph' in value) for (const seen of capturedBy(attributes[name] as typeof value)) captured.add(seen)
  }
  return {
    name: node.name ?? '',
    op: node.op,
    domain: node.domain ?? '',
    inputs: [...node.inputs],
    outputs: [...node.outputs],
    attributes,
    metadata: node.metadata,
    captured: [...captured],
    owner: world.owners.get(node.name ?? ''),
  }
}

/** Names that a body takes from around it. */
function capturedBy({ graph }: { readonly graph: OnnxGraph }): ReadonlySet<string> {
  const own = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ])
  const seen = new Set(graph.outputs.map(({ name }) => name))
  for (const { inputs, attributes = {} } of graph.nodes) {
    for (const input of inputs) if (input !== '') seen.add(input)
    for (const value of Object.values(attributes))
      if ('graph' in value) for (const name of capturedBy(value)) seen.add(name)
  }
  for (const name of own) seen.delete(name)
  return seen
}

function onnxOf({ name, op, domain, inputs, outputs, attributes, metadata }: Node): OnnxNode {
  return {
    name,
    op,
    ...(domain !== '' && { domain }),
    inputs,
    outputs,
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(metadata && { metadata }),
  }
}
