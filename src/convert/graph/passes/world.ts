import { encodeElements, MAX_KNOWN, type OnnxTensor } from '../../../formats/index.ts'
import { isPermutable, permutedData } from '../permute.ts'
import type { ValueType } from '../types.ts'

/** What all graphs of a model share: names, types, constants, and whose work each node does. */
export class World {
  readonly types: Map<string, ValueType>
  readonly #constants: Map<string, OnnxTensor>
  /** By a node's name, where its source stands in the mapping. */
  readonly owners: ReadonlyMap<string, number>
  readonly #names: Set<string>
  readonly #nodeNames: Set<string>
  readonly #counts = new Map<string, number>()
  readonly #made = new Map<string, string>()
  readonly #costs = new Map<string, number>()

  constructor(
    types: ReadonlyMap<string, ValueType>,
    constants: readonly OnnxTensor[],
    owners: ReadonlyMap<string, number>,
  ) {
    this.types = new Map(types)
    this.#constants = new Map(constants.map(tensor => [tensor.name, tensor]))
    this.owners = owners
    this.#nodeNames = new Set(owners.keys())
    this.#names = new Set([...types.keys(), ...owners.keys()])
    for (const { name, shape } of constants) {
      const elements = shape.length === 1 && shape[0]! <= MAX_AXES ? this.integers(name) : undefined
      if (elements && this.types.get(name)?.dtype === 'int64')
        this.#made.set(keyOfInts(elements, shape), name)
    }
  }

  get constants(): Iterable<OnnxTensor> {
    return this.#constants.values()
  }

  constant(name: string): OnnxTensor | undefined {
    return this.#constants.get(name)
  }

  isConstant(name: string): boolean {
    return this.#constants.has(name)
  }

  /** A name that nothing has. */
  fresh(wanted: string): string {
    let count = this.#counts.get(wanted) ?? 0
    let name = wanted
    while (this.#names.has(name)) name = `${wanted}_${++count}`
    this.#counts.set(wanted, count)
    this.#names.add(name)
    return name
  }

  /** Of a node that a pass makes: as its output, where no other node is called so. */
  nodeName(output: string, op: string): string {
    const name = this.#nodeNames.has(output) ? this.fresh(`${output}/${op}`) : output
    this.#nodeNames.add(name)
    return name
  }

  /** The name of a node that is gone. */
  free(nodeName: string): void {
    this.#nodeNames.delete(nodeName)
  }

  /** Small whole numbers of a constant: axes, sizes, pads. */
  integers(name: string | undefined): readonly number[] | undefined {
    const tensor = name ? this.#constants.get(name) : undefined
    if (!tensor || !(tensor.data instanceof Uint8Array)) return undefined
    const { data, dtype } = tensor
    if (data.byteLength > 8 * MAX_KNOWN) return undefined
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    if (dtype === 'int64')
      return Array.from({ length: data.byteLength / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)))
    if (dtype === 'int32')
      return Array.from({ length: data.byteLength / 4 }, (_, i) => view.getInt32(4 * i, true))
    return undefined
  }

  /** int64 constants, as builders of nodes have them. */
  ints(elements: readonly number[], shape: readonly number[] = [elements.length]): string {
    return this.#once(keyOfInts(elements, shape), 'axes', () => ({
      dtype: 'int64',
      shape,
      data: encodeElements('int64', elements),
    }))
  }

  /** A constant's elements under another shape. */
  reshaped(name: string, shape: readonly number[]): string {
    const tensor = this.#constants.get(name)!
    if (String(tensor.shape) === String(shape)) return name
    return this.#once(`${name} as ${shape}`, name, () => ({ dtype: tensor.dtype, shape, data: tensor.data }))
  }

  /** Whether `permuted` can be asked. */
  isPermutable(name: string, order: readonly number[], shape = this.#constants.get(name)!.shape): boolean {
    return isPermutable({ ...this.#constants.get(name)!, shape }, order)
  }

  /** A constant of `shape`, which has its elements, with its axes in another order. */
  permuted(name: string, order: readonly number[], shape = this.#constants.get(name)!.shape): string {
    const tensor = this.#constants.get(name)!
    const turned = order.map(axis => shape[axis]!)
    return this.#once(`${name} of ${shape} by ${order}`, name, () => ({
      dtype: tensor.dtype,
      shape: turned,
      data: permutedData({ ...tensor, shape }, order),
    }))
  }

  /** How many ops are computed when a constant is written; 0 for one that is read. */
  costOf(name: string): number {
    return this.#costs.get(name) ?? 0
  }

  /** A constant that is made of others. */
  make(wanted: string, made: Omit<OnnxTensor, 'name'>, cost: number): string {
    const tensor: OnnxTensor = { ...made, name: this.fresh(wanted) }
    this.#constants.set(tensor.name, tensor)
    this.types.set(tensor.name, { dtype: tensor.dtype, shape: tensor.shape })
    if (cost > 0) this.#costs.set(tensor.name, cost)
    return tensor.name
  }

  #once(key: string, wanted: string, make: () => Omit<OnnxTensor, 'name'>): string {
    const seen = this.#made.get(key)
    if (seen) return seen
    const name = this.make(wanted, make(), this.costOf(wanted))
    this.#made.set(key, name)
    return name
  }
}

/** Constants that passes may need again: axes, pads. */
const MAX_AXES = 16

const keyOfInts = (elements: readonly number[], shape: readonly number[]) => `int64 ${shape} ${elements}`
