import type { ByteSource } from '../../../core/index.ts'
import type { Failures } from '../../errors.ts'
import { runNumbers } from '../pieces.ts'
import { checkLeaves } from '../structure.ts'
import type { LightgbmModel, LightgbmTreeRuns } from './model.ts'

/**
 * One tree. Children below zero are leaves: −1 is the first. Without splits the tree is its only leaf.
 */
export interface LightgbmTree {
  readonly index: number
  /** The class that it adds to. */
  readonly group: number
  readonly leftChild: Int32Array
  readonly rightChild: Int32Array
  readonly splitFeature: Int32Array
  /** Not greater goes left; of a categorical split: which of the bit sets. */
  readonly threshold: Float64Array
  /** Bit 0: categorical. Bit 1: missing values go left. Bits 2 and 3: missing is nothing (0), zero (1) or NaN (2). */
  readonly decisionType: Int8Array
  /** Already multiplied with `shrinkage`. */
  readonly leafValue: Float64Array
  readonly shrinkage: number
  /** Of each categorical split, where its 32-bit words begin; a category whose bit is set goes left. */
  readonly catBoundaries: Int32Array
  readonly catThreshold: Uint32Array
  readonly linear: LinearLeaves | undefined
}

/** Leaves that add a linear model: constant + Σ coefficient · feature; a row with NaN gets the leaf's value. */
export interface LinearLeaves {
  readonly constant: Float64Array
  /** How many features each leaf has, in `features` and `coefficients` one leaf behind the other. */
  readonly counts: Int32Array
  readonly features: Int32Array
  readonly coefficients: Float64Array
}

/** The trees in order, one at a time. Throws FORMAT_MALFORMED where children lead nowhere or in circles. */
export async function* readLightgbmTrees(
  source: ByteSource,
  { header, trees }: LightgbmModel,
  fail: Failures,
): AsyncGenerator<LightgbmTree, void> {
  const groups = Number(header.get('num_tree_per_iteration') ?? 1)
  const perIteration = Number.isSafeInteger(groups) && groups > 0 ? groups : 1
  for (const [index, runs] of trees.entries()) {
    const tree = await readTree(source, runs, fail)
    checkLeaves(tree.leftChild, tree.rightChild, runs.leaves, message => {
      const { start } = runs.arrays.get('leaf_value')!
      return fail.malformed({ name: source.name, offset: start }, `the tree ${index} ${message}`)
    })
    yield { index, group: index % perIteration, ...tree }
  }
}

async function readTree(
  source: ByteSource,
  { arrays, leaves, linear, shrinkage }: LightgbmTreeRuns,
  fail: Failures,
): Promise<Omit<LightgbmTree, 'index' | 'group'>> {
  const numbers = (name: string) => runNumbers(source, arrays.get(name), fail)
  const integers = async (name: string) => new Int32Array(await numbers(name))
  const reals = async (name: string) => new Float64Array(await numbers(name))
  const decisions = new Int8Array(await numbers('decision_type'))
  return {
    leftChild: await integers('left_child'),
    rightChild: await integers('right_child'),
    splitFeature: await integers('split_feature'),
    threshold: await reals('threshold'),
    decisionType: decisions.length > 0 ? decisions : new Int8Array(leaves - 1),
    leafValue: await reals('leaf_value'),
    shrinkage,
    catBoundaries: await integers('cat_boundaries'),
    catThreshold: new Uint32Array(await numbers('cat_threshold')),
    linear: linear
      ? {
          constant: await reals('leaf_const'),
          counts: await integers('num_features'),
          features: await integers('leaf_features'),
          coefficients: await reals('leaf_coeff'),
        }
      : undefined,
  }
}
