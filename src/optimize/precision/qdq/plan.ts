import type { OnnxDtype, OnnxModel, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { opsetOf } from '../../graph/opset.ts'
import { constantsOf, nameOf } from '../../graph/weights.ts'
import type { Kept } from '../../types.ts'
import { dtypesOf, takersOf } from './graph.ts'
import { adjustedRanges } from './ranges.ts'
import { ruleOf, type Standing } from './rules.ts'
import type { Placed, Range, Ranges, StaticOptions, Wish } from './types.ts'

/** What becomes of a value. */
export interface Mark {
  readonly kind: 'activation' | 'weight'
  readonly axis?: number
  /** Another value, whose places it has. */
  readonly like?: string
}

/** A bias, by the name that its node takes. */
export interface Bias {
  readonly tensor: OnnxTensor
  readonly input: string
  readonly weight: string
}

/** What becomes of a model's values, before anything is written: node by node, in the graph's order. */
export class Plan implements Standing {
  readonly nodes: readonly Placed[]
  readonly marks = new Map<string, Mark>()
  readonly biases = new Map<string, Bias>()
  readonly changed: string[] = []
  readonly kept: Kept[] = []
  readonly ranges: Ranges
  readonly opset: number
  readonly symmetric: boolean
  readonly perChannel: boolean
  readonly #options: StaticOptions
  readonly #constants: Map<string, OnnxTensor>
  readonly #dtypes: ReadonlyMap<string, OnnxDtype>
  readonly #takers: ReadonlyMap<string, number>
  readonly #givers = new Map<string, Placed>()
  /** Constants whose places others have too: they get no scale by channel. */
  readonly #lent = new Set<string>()
  /** Inputs and outputs of the model: their names stay. */
  readonly #ends: ReadonlySet<string>

  constructor(model: OnnxModel, ranges: Ranges, options: StaticOptions) {
    const { graph } = model
    this.#options = options
    this.opset = opsetOf(model)
    this.symmetric = options.activations.symmetric
    this.perChannel = options.perChannel
    this.#constants = new Map(constantsOf(graph))
    this.#dtypes = dtypesOf(graph)
    this.#takers = takersOf(graph.nodes)
    this.#ends = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name))
    const asked = graph.nodes.filter(node => ruleOf(node) && !options.keep?.has(nameOf(node)))
    this.ranges = adjustedRanges(asked, ranges, this.#takers)
    this.nodes = graph.nodes.map(node => ({
      name: nameOf(node),
      op: node.op,
      inputs: [...node.inputs],
      outputs: [...node.outputs],
      removed: false,
    }))
    for (const placed of this.nodes) for (const output of placed.outputs) this.#givers.set(output, placed)
    graph.nodes.forEach((node, i) => {
      this.#add(node, this.nodes[i]!)
    })
  }

  constant(name: string): OnnxTensor | undefined {
    const tensor = this.#constants.get(name)
    return tensor?.dtype === 'float32' ? tensor : undefined
  }

  marked(name: string): boolean {
    return this.marks.has(name)
  }

  foldable(input: string, output: string): boolean {
    const range = this.ranges.get(output)
    if (!range || this.#takers.get(input) !== 1 || this.#ends.has(input)) return false
    // Places of no width are laid around 0, and int8 has some below: they would let negative numbers through.
    return this.#options.activations.dtype === 'uint8' || !isPoint(range)
  }

  scalar(name: string): number | undefined {
    const data = this.constant(name)?.data
    if (!(data instanceof Uint8Array) || data.byteLength !== 4) return undefined
    return new DataView(data.buffer, data.byteOffset).getFloat32(0, true)
  }

  #add(node: OnnxNode, placed: Placed): void {
    const rule = ruleOf(node)
    if (!rule) return
    if (this.#options.keep?.has(placed.name)) {
      this.#keep(placed, 'it was asked to stay')
      return
    }
    const wishes = rule(placed, this, node).filter(({ value }) => this.#isFloat(value))
    if (wishes.length === 0) return
    const why =
      this.#unknown(placed) ?? wishes.map(wish => this.#unfit(wish)).find(text => text !== undefined)
    if (why !== undefined) {
      this.#keep(placed, why)
      return
    }
    for (const wish of wishes) this.#grant(wish, placed)
    this.changed.push(placed.name)
  }

  #keep({ name, op }: Placed, why: string): void {
    this.kept.push({ node: name, op, why })
  }

  #isFloat(name: string): boolean {
    return this.constant(name) !== undefined || this.#dtypes.get(name) === 'float32'
  }

  /** A value of a custom operator: nothing can be laid on places that nobody knows the type of. */
  #unknown({ inputs }: Placed): string | undefined {
    const value = inputs.find(name => name !== '' && !this.#constants.has(name) && !this.#dtypes.has(name))
    return value === undefined ? undefined : `it is not known what '${value}' is made of`
  }

  #unfit(wish: Wish): string | undefined {
    const { value, kind } = wish
    const tensor = this.constant(value)
    if (tensor?.shape.includes(0)) return `'${value}' has no numbers`
    switch (kind) {
      case 'activation':
      case 'fold':
        return tensor || this.ranges.has(value) ? undefined : `no range of '${value}' is known`
      case 'like':
        return this.marks.get(wish.of)?.axis === undefined ? undefined : `'${wish.of}' has scales by channel`
      case 'weight':
        return tensor ? this.#unfitWeight(value, wish.axis) : this.#unfit({ kind: 'activation', value })
      case 'bias':
        return this.#unfitBias(tensor!, wish)
    }
  }

  #unfitWeight(value: string, axis: number | undefined): string | undefined {
    const known = this.marks.get(value)?.axis
    if (known !== undefined && axis !== known) return `its weight '${value}' is laid by another axis already`
    return axis !== undefined && this.#lent.has(value) ? `its weight '${value}' shares one scale` : undefined
  }

  /** A scale for each channel needs a bias with a number for each. */
  #unfitBias(
    { name, shape }: OnnxTensor,
    { weight, axis }: Wish & { readonly kind: 'bias' },
  ): string | undefined {
    const channels = axis === undefined ? undefined : this.constant(weight)!.shape[axis]
    return channels === undefined || (shape.length === 1 && shape[0] === channels)
      ? undefined
      : `its bias '${name}' has no number for each of ${channels} channels`
  }

  #grant(wish: Wish, placed: Placed): void {
    const { value } = wish
    switch (wish.kind) {
      case 'activation':
        if (!this.marks.has(value)) this.marks.set(value, { kind: 'activation' })
        break
      case 'like':
        this.#lent.add(wish.of)
        this.marks.set(value, { kind: 'activation', like: wish.of })
        break
      case 'weight':
        if (wish.axis !== undefined) this.marks.set(value, { kind: 'weight', axis: wish.axis })
        else if (!this.marks.has(value)) this.marks.set(value, { kind: 'weight' })
        break
      case 'bias':
        this.#addBias(wish, placed)
        break
      case 'fold':
        this.#fold(wish.input, value, placed)
    }
  }

  #fold(input: string, output: string, placed: Placed): void {
    const giver = this.#givers.get(input)!
    giver.outputs[giver.outputs.indexOf(input)] = output
    this.#givers.set(output, giver)
    this.marks.delete(input)
    placed.removed = true
  }

  /** Its scale is its node's: another node that takes it gets a copy. */
  #addBias({ value, input, weight }: Wish & { readonly kind: 'bias' }, placed: Placed): void {
    const tensor = this.constant(value)!
    const name = this.biases.has(value) ? this.#copyName(value) : value
    if (name !== value) {
      this.#constants.set(name, { ...tensor, name })
      placed.inputs[placed.inputs.lastIndexOf(value)] = name
    }
    this.biases.set(name, { tensor, input, weight })
  }

  /** One number more than constants whose names go on so. */
  #copyName(name: string): string {
    let last = -1
    for (const known of this.#constants.keys()) {
      const rest = known.startsWith(name) ? known.slice(name.length) : ''
      if (/^\d{1,9}$/.test(rest)) last = Math.max(last, Number(rest))
    }
    do last++
    while (this.#dtypes.has(`${name}${last}`) || this.#takers.has(`${name}${last}`))
    return `${name}${last}`
  }
}

function isPoint({ least, greatest }: Range): boolean {
  return Math.min(least, 0) === Math.max(greatest, 0)
}
