import { elementsOf, encodeElements, type OnnxTensor, type Value } from '../../../../formats/index.ts'
import type { Body, NewNode, Node } from './types.ts'

/**
 * A whole model while passes work on it: its graphs, who makes a value and who takes it, and its constants. Names are
 * unique over all graphs, so that a value is the same wherever it is seen.
 */
export class World {
  readonly main: Body
  readonly opset: number
  /** Constants by name: initializers that callers can't give otherwise. */
  readonly constants = new Map<string, OnnxTensor>()
  /** What is known of values, as of the last inference. */
  values = new Map<string, Value>()
  readonly #names: Set<string>
  readonly #makers = new Map<string, Node>()
  readonly #users = new Map<string, Set<Node>>()
  /** Graphs that give a value; a graph may give one twice. */
  readonly #givers = new Map<string, Set<Body>>()
  readonly #ints = new Map<string, string>()
  #nodes = 0
  #changes = 0

  constructor(main: Body, opset: number, names: Set<string>) {
    this.main = main
    this.opset = opset
    this.#names = names
  }

  /** Of all graphs. */
  get nodeCount(): number {
    return this.#nodes
  }

  /** How often something was changed. */
  get changes(): number {
    return this.#changes
  }

  /** Nodes of all graphs: those of bodies behind the node that has them. */
  *nodes(body: Body = this.main): Generator<Node, void> {
    for (const node of body.nodes) {
      yield node
      for (const inner of node.bodies.values()) yield* this.nodes(inner)
    }
  }

  /** Those of an operator of ONNX itself, as they are now: a pass may change the graph meanwhile. */
  *each(...ops: readonly string[]): Generator<Node, void> {
    for (const node of [...this.nodes()])
      if (node.domain === '' && ops.includes(node.op) && node.body.nodes.has(node)) yield node
  }

  maker(value: string | undefined): Node | undefined {
    return value === undefined ? undefined : this.#makers.get(value)
  }

  users(value: string): ReadonlySet<Node> {
    return this.#users.get(value) ?? NOBODY
  }

  /** Whether a graph gives it. */
  isOutput(value: string): boolean {
    return this.#givers.has(value)
  }

  isUsed(value: string): boolean {
    return value !== '' && (this.isOutput(value) || this.users(value).size > 0)
  }

  /** The node that makes a value which nothing but `user`, in the same graph, takes. */
  soleMaker(value: string | undefined, user: Node): Node | undefined {
    const maker = this.maker(value)
    if (!maker || maker.body !== user.body || maker.outputs.some((output, i) => i > 0 && this.isUsed(output)))
      return undefined
    return this.isOutput(maker.outputs[0]!) || this.users(maker.outputs[0]!).size > 1 ? undefined : maker
  }

  constant(value: string | undefined): OnnxTensor | undefined {
    return value === undefined ? undefined : this.constants.get(value)
  }

  /** Whole numbers of a constant, or of what was found to be always the same. */
  integers(value: string | undefined): readonly number[] | undefined {
    const known = value === undefined ? undefined : this.values.get(value)?.known
    return known?.every(element => typeof element === 'number') ? (known as readonly number[]) : undefined
  }

  /** A name that nothing has. */
  fresh(wanted: string): string {
    let name = wanted
    for (let i = 1; this.#names.has(name); i++) name = `${wanted}_${i}`
    this.#names.add(name)
    return name
  }

  /** A further constant. Gives its name. */
  addConstant(wanted: string, tensor: Omit<OnnxTensor, 'name'>): string {
    const name = this.fresh(wanted)
    const made = { ...tensor, name }
    const known = elementsOf(made)
    this.constants.set(name, made)
    this.values.set(name, {
      name,
      dtype: made.dtype,
      shape: made.shape,
      tensor: made,
      ...(known && { known }),
    })
    return name
  }

  /** int64 in one axis; equal ones are made once. */
  ints(elements: readonly number[], like: Node): string {
    const key = elements.join()
    const seen = this.#ints.get(key)
    if (seen !== undefined && this.constants.has(seen)) return seen
    const name = this.addConstant(`${like.outputs[0] ?? ''}/ints`, {
      dtype: 'int64',
      shape: [elements.length],
      data: encodeElements('int64', elements),
    })
    this.#ints.set(key, name)
    return name
  }

  add({ op, inputs, outputs, attributes = {}, like }: NewNode): Node {
    const { name, metadata, body } = like
    const node: Node = {
      name,
      op,
      domain: '',
      overload: '',
      inputs: [...inputs],
      outputs: [...outputs],
      attributes,
      bodies: new Map(),
      metadata,
      body,
    }
    this.link(node)
    return node
  }

  /** A node that its graph has; with its bodies' nodes. */
  link(node: Node): void {
    this.#changes++
    this.#nodes++
    node.body.nodes.add(node)
    for (const output of node.outputs) if (output !== '') this.#makers.set(output, node)
    for (const input of node.inputs) this.#use(input, node)
  }

  /** That a graph gives a value. */
  give(body: Body, value: string): void {
    const givers = this.#givers.get(value)
    if (givers) givers.add(body)
    else this.#givers.set(value, new Set([body]))
  }

  /** Its outputs must have no users, or get other makers. */
  remove(node: Node): void {
    this.#changes++
    this.#nodes--
    node.body.nodes.delete(node)
    for (const output of node.outputs) if (this.#makers.get(output) === node) this.#makers.delete(output)
    for (const input of new Set(node.inputs)) this.#users.get(input)?.delete(node)
    for (const body of node.bodies.values()) {
      for (const inner of [...body.nodes]) this.remove(inner)
      for (const output of body.outputs) this.#takeBack(body, output)
    }
  }

  /** The nodes of a body stand in the graph around it. */
  move(from: Body, to: Body): void {
    this.#changes++
    for (const node of [...from.nodes]) {
      from.nodes.delete(node)
      to.nodes.add(node)
      node.body = to
    }
  }

  setInputs(node: Node, values: readonly string[]): void {
    this.#changes++
    for (const input of node.inputs) this.#users.get(input)?.delete(node)
    node.inputs.splice(0, node.inputs.length, ...values)
    for (const value of values) this.#use(value, node)
  }

  setOutput(node: Node, at: number, value: string): void {
    this.#changes++
    const before = node.outputs[at]!
    if (this.#makers.get(before) === node) this.#makers.delete(before)
    node.outputs[at] = value
    if (value !== '') this.#makers.set(value, node)
  }

  /** Nodes of all graphs that take `before` take `after`. What graphs give stays. */
  replace(before: string, after: string): void {
    for (const node of [...this.users(before)])
      this.setInputs(
        node,
        node.inputs.map(input => (input === before ? after : input)),
      )
  }

  /**
   * A node that gives what it gets goes: whoever takes its output takes `value` instead. Where its graph gives the
   * output, `value` gets that name; where it can't, the node stays as an Identity.
   */
  bypass(node: Node, value: string | undefined = node.inputs[0]): void {
    const output = node.outputs[0]!
    if (value === undefined || value === '' || value === output) return
    this.replace(output, value)
    if (!this.isOutput(output)) {
      this.remove(node)
      return
    }
    const maker = this.maker(value)
    if (maker && maker.body === node.body && !this.isOutput(value)) {
      this.remove(node)
      this.setOutput(maker, maker.outputs.indexOf(value), output)
      this.replace(value, output)
    } else if (node.op !== 'Identity' || node.inputs[0] !== value) {
      this.remove(node)
      this.add({ op: 'Identity', inputs: [value], outputs: [output], like: node })
    }
  }

  #takeBack(body: Body, value: string): void {
    const givers = this.#givers.get(value)
    givers?.delete(body)
    if (givers?.size === 0) this.#givers.delete(value)
  }

  #use(value: string, node: Node): void {
    if (value === '') return
    const users = this.#users.get(value)
    if (users) users.add(node)
    else this.#users.set(value, new Set([node]))
  }
}

const NOBODY: ReadonlySet<Node> = new Set()
