import { failing } from '../errors.ts'
import { Numbers } from './numbers.ts'
import { float32Above, float32Below } from './round.ts'
import type { Comparison, Cuts, Leaves, Tree } from './types.ts'

/** ONNX ends at 2 GB, and a node takes some 30 bytes of it. */
const MAX_NODES = 64_000_000

const invalid = failing('CONVERT_INVALID', 'The model file contradicts itself; save it again.')
const tooLarge = failing('CONVERT_LIMIT', 'Train it with fewer or smaller trees.')

export const LEAF = 1
export const MISSING_TRUE = 2

export interface EnsembleOptions {
  /** Whose trees they are, for messages. */
  readonly name: string
  /** How many there are. */
  readonly features: number
  readonly targets: number
  /** Of all its nodes: runtimes are faster where they are alike. */
  readonly comparison: Comparison
  /**
   * Of the features, the thresholds and what is added up. Thresholds are rounded for float32 such that each float32
   * goes where it went.
   */
  readonly dtype: 'float32' | 'float64'
}

/**
 * Trees as ONNX has them: nodes one behind the other, a tree's root first, and behind each split the node of its false
 * branch. Each node takes some 20 bytes.
 */
export class Ensemble {
  readonly options: EnsembleOptions
  /** First node of each tree. */
  readonly starts: number[] = []
  readonly feature = new Numbers('int32')
  readonly value: Numbers
  /** By its place in the tree. */
  readonly trueNode = new Numbers('int32')
  /** LEAF, MISSING_TRUE. */
  readonly flags = new Numbers('uint8')
  /** Nodes, targets and weights of what leaves add. */
  readonly leafNode = new Numbers('int32')
  readonly leafTarget = new Numbers('int32')
  readonly leafWeight: Numbers
  #tracksMissing = false

  constructor(options: EnsembleOptions) {
    this.options = options
    this.value = new Numbers(options.dtype)
    this.leafWeight = new Numbers(options.dtype)
  }

  /** Whether NaN is told apart anywhere. */
  get tracksMissing(): boolean {
    return this.#tracksMissing
  }

  get nodes(): number {
    return this.feature.length
  }

  /** Throws CONVERT_INVALID for children or features that are not there, nodes with two parents, and thresholds of NaN. */
  add(tree: Tree, leaves: Leaves): void {
    const start = this.nodes
    this.starts.push(start)
    const size = tree.left.length
    /** Nodes to come, and the splits whose true branch they are; the last one comes first. */
    const pending: { readonly node: number; readonly parents: readonly number[] }[] = [
      { node: 0, parents: [] },
    ]
    for (let seen = 1; ; seen++) {
      const next = pending.pop()
      if (!next) break
      const { node, parents } = next
      if (!(node >= 0 && node < size)) throw this.#invalid(`leads to node ${node} of ${size}`)
      if (seen > size) throw this.#invalid('has several ways to a node')
      for (const parent of parents) this.trueNode.set(parent, this.nodes - start)
      if (tree.left[node]! < 0) this.#leaf(node, leaves)
      else this.#split(tree, node, start, pending)
    }
  }

  /** Adds a tree that gives the same to every row. */
  addConstant(weights: readonly number[]): void {
    this.add({ left: [-1], right: [-1], feature: [0], threshold: [0] }, (_, put) => {
      for (const [target, weight] of weights.entries()) put(target, weight)
    })
  }

  #split(
    tree: Tree,
    node: number,
    start: number,
    pending: { readonly node: number; readonly parents: readonly number[] }[],
  ): void {
    const feature = tree.feature[node]!
    if (!(feature >= 0 && feature < this.options.features))
      throw this.#invalid(`asks for feature ${feature} of ${this.options.features}`)
    const cuts = tree.cuts?.get(node) ?? { first: 'left', bounds: [tree.threshold[node]!] }
    if (cuts.bounds.length === 0) throw this.#invalid('has a split that does not split')
    const missing = tree.missingLeft?.[node] === 1 ? 'left' : 'right'
    const [ends, others] = this.#compare(cuts, feature, missing)
    const { left, right } = tree
    const [last, other] = ends === 'left' ? [left, right] : [right, left]
    // The other side is reached by true branches only, and the last one comes next.
    pending.push({ node: other[node]!, parents: others.true })
    for (const parent of others.last) this.trueNode.set(parent, this.nodes - start)
    pending.push({ node: last[node]!, parents: [] })
  }

  /**
   * One comparison for each bound: where it holds, its range was found. Gives the side of the last range, and which of
   * the comparisons lead to that and to the other side.
   */
  #compare(
    { first, bounds }: Cuts,
    feature: number,
    missing: 'left' | 'right',
  ): readonly ['left' | 'right', { readonly true: readonly number[]; readonly last: readonly number[] }] {
    const second = first === 'left' ? 'right' : 'left'
    const ends = bounds.length % 2 === 0 ? first : second
    const found = { true: [] as number[], last: [] as number[] }
    let missed = missing === ends
    for (const [i, bound] of bounds.entries()) {
      const side = i % 2 === 0 ? first : second
      // NaN leaves by the first comparison that leads where it goes.
      const flag = !missed && side === missing ? MISSING_TRUE : 0
      missed ||= flag !== 0
      this.#tracksMissing ||= flag !== 0
      ;(side === ends ? found.last : found.true).push(this.nodes)
      this.#push(feature, this.#threshold(bound), flag)
    }
    return [ends, found]
  }

  #threshold(bound: number): number {
    if (Number.isNaN(bound)) throw this.#invalid('has a threshold that is no number')
    if (this.options.dtype === 'float64') return bound
    return this.options.comparison === 'BRANCH_LEQ' ? float32Below(bound) : float32Above(bound)
  }

  #leaf(node: number, leaves: Leaves): void {
    const place = this.nodes
    this.#push(0, 0, LEAF)
    let added = 0
    const put = (target: number, weight: number): void => {
      if (!(target >= 0 && target < this.options.targets))
        throw this.#invalid(`adds to target ${target} of ${this.options.targets}`)
      this.leafNode.push(place)
      this.leafTarget.push(target)
      this.leafWeight.push(weight)
      added++
    }
    leaves(node, put)
    // ONNX Runtime wants a weight of each leaf.
    if (added === 0) put(0, 0)
  }

  #push(feature: number, value: number, flags: number): void {
    if (this.nodes >= MAX_NODES) throw tooLarge(`${this.options.name} has more than ${MAX_NODES} nodes`)
    this.feature.push(feature)
    this.value.push(value)
    this.trueNode.push(0)
    this.flags.push(flags)
  }

  #invalid(what: string): Error {
    return invalid(`${this.options.name}: tree ${this.starts.length - 1} ${what}`)
  }
}
