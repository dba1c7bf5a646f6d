import type { ByteSource } from '../../../core/index.ts'
import type { Failures } from '../../errors.ts'
import { runNumbers } from '../pieces.ts'
import { checkChildren } from '../structure.ts'
import type { XgboostModel, XgboostTreeRuns } from './model.ts'

/**
 * One tree; arrays have an element for each node, the root first. A node is a leaf where its left child is −1: then
 * its value is its split condition, or `leafWeights` where a tree has several targets.
 */
export interface XgboostTree {
  readonly index: number
  /** The class or target that it adds to. */
  readonly group: number
  /** What its values are multiplied with: dart's weight_drop, else 1. */
  readonly weight: number
  readonly leftChildren: Int32Array
  readonly rightChildren: Int32Array
  readonly splitIndices: Int32Array
  /** Less than it goes left. */
  readonly splitConditions: Float32Array
  /** Where missing values go: left for 1. */
  readonly defaultLeft: Uint8Array
  /** 1: by category; those of `categories` go right. */
  readonly splitType: Uint8Array
  /** Values of a leaf. */
  readonly leafSize: number
  /**
   * Of trees with several targets: `leafSize` for each leaf, by the leaf's right child since 3.1; before, in
   * `baseWeights`, by its node.
   */
  readonly leafWeights: Float32Array | undefined
  readonly baseWeights: Float32Array | undefined
  /** Categories of the nodes that `categoriesNodes` names, from `categoriesSegments` on, `categoriesSizes` each. */
  readonly categories: Int32Array
  readonly categoriesNodes: Int32Array
  readonly categoriesSegments: readonly number[]
  readonly categoriesSizes: readonly number[]
}

/** The trees in order, one at a time. Throws FORMAT_MALFORMED where children lead nowhere or in circles. */
export async function* readXgboostTrees(
  source: ByteSource,
  model: XgboostModel,
  fail: Failures,
): AsyncGenerator<XgboostTree, void> {
  const groups = await wholeArray(source, model, 'tree_info', fail)
  const weights = await wholeArray(source, model, 'weight_drop', fail)
  for (const [index, runs] of model.trees.entries()) {
    const tree = await readTree(source, runs, fail)
    const what = `the tree ${index}`
    checkChildren(tree.leftChildren, tree.rightChildren, message => {
      const { start } = runs.arrays.get('left_children')!
      return fail.malformed({ name: source.name, offset: start }, `${what} ${message}`)
    })
    yield { index, group: groups[index] ?? 0, weight: weights[index] ?? 1, ...tree }
  }
}

async function readTree(
  source: ByteSource,
  { arrays, nodes, leafSize }: XgboostTreeRuns,
  fail: Failures,
): Promise<Omit<XgboostTree, 'index' | 'group' | 'weight'>> {
  const numbers = (name: string) => runNumbers(source, arrays.get(name), fail)
  const optional = async (name: string) =>
    arrays.has(name) ? new Float32Array(await numbers(name)) : undefined
  const flags = async (name: string) =>
    arrays.has(name) ? new Uint8Array(await numbers(name)) : new Uint8Array(nodes)
  return {
    leftChildren: new Int32Array(await numbers('left_children')),
    rightChildren: new Int32Array(await numbers('right_children')),
    splitIndices: new Int32Array(await numbers('split_indices')),
    splitConditions: new Float32Array(await numbers('split_conditions')),
    defaultLeft: await flags('default_left'),
    splitType: await flags('split_type'),
    leafSize,
    leafWeights: await optional('leaf_weights'),
    baseWeights: await optional('base_weights'),
    categories: new Int32Array(await numbers('categories')),
    categoriesNodes: new Int32Array(await numbers('categories_nodes')),
    categoriesSegments: Array.from(await numbers('categories_segments')),
    categoriesSizes: Array.from(await numbers('categories_sizes')),
  }
}

/** One number a tree. */
async function wholeArray(
  source: ByteSource,
  model: XgboostModel,
  name: string,
  fail: Failures,
): Promise<ArrayLike<number>> {
  const run = model.arrays.get(name)
  if (!run) return []
  if (run.count !== model.trees.length)
    throw fail.malformed(
      { name: source.name, offset: run.start },
      `${model.trees.length} trees have ${run.count} ${name}`,
    )
  return runNumbers(source, run, fail)
}
