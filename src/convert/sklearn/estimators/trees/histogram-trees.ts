import { runsOf } from '../../../boosting/categories.ts'
import type { Ensemble } from '../../../trees/ensemble.ts'
import { nextBelow } from '../../../trees/round.ts'
import type { Cuts, Side, Tree } from '../../../trees/types.ts'
import type { Fitted } from '../../estimator.ts'
import type { Categories, CategoriesByColumn } from './histogram-categories.ts'
import { Records } from './records.ts'

/** Of a bit set: codes are 0 to 255. */
const WORDS = 8

/**
 * Adds a TreePredictor: x ≤ num_threshold goes left for float64 x; categories whose bit is set go left, other known
 * ones right, and what is no category where NaN goes (_predict_one_from_raw_data in scikit-learn's _predictor.pyx).
 */
export async function addPredictor(
  ensemble: Ensemble,
  predictor: Fitted,
  target: number,
  categories: CategoriesByColumn | undefined,
): Promise<void> {
  const nodes = await Records.of(predictor, 'nodes')
  const leaf = nodes.flags('is_leaf')
  const values = nodes.floats('value')
  const columns = columnsOf(categories, ensemble.options.features)
  const tree: Tree = {
    left: nodes.ints('left').map((child, i) => (leaf[i] ? -1 : child)),
    right: nodes.ints('right'),
    feature: nodes.ints('feature_idx').map(feature => columns[feature] ?? -1),
    threshold: nodes.floats('num_threshold'),
    missingLeft: nodes.flags('missing_go_to_left'),
  }
  const cuts = categories && (await categoricalSplits(predictor, nodes, tree, categories))
  ensemble.add({ ...tree, ...(cuts && { cuts }) }, (node, put) => put(target, values[node]!))
}

/** The input's column of each feature of the trees: an encoder puts its features first. */
function columnsOf(categories: CategoriesByColumn | undefined, features: number): readonly number[] {
  const all = Array.from({ length: features }, (_, i) => i)
  const first = [...(categories?.keys() ?? [])]
  const encoded = [...(categories?.values() ?? [])].some(({ kind }) => kind !== 'codes')
  return encoded ? [...first, ...all.filter(column => !categories?.has(column))] : all
}

async function categoricalSplits(
  predictor: Fitted,
  nodes: Records,
  tree: Tree,
  categories: CategoriesByColumn,
): Promise<Map<number, Cuts>> {
  const cuts = new Map<number, Cuts>()
  const categorical = nodes.flags('is_categorical')
  if (!categorical.includes(1)) return cuts
  const bitsets = await predictor.floats('raw_left_cat_bitsets', [null, WORDS])
  const places = nodes.ints('bitset_idx')
  for (const [node, flag] of categorical.entries()) {
    if (flag !== 1 || tree.left[node]! < 0) continue
    const feature = categories.get(tree.feature[node]!)
    const start = places[node]! * WORDS
    if (!feature || !(start >= 0 && start + WORDS <= bitsets.length))
      throw predictor.invalid('nodes', `has a split of categories at ${node} that are not there`)
    const goesLeft = (code: number) => ((bitsets[start + (code >> 5)]! >>> (code & 31)) & 1) === 1
    const missing = tree.missingLeft?.[node] === 1 ? 'left' : 'right'
    cuts.set(node, cutsOf(feature, goesLeft, missing))
  }
  return cuts
}

/** Only categories that do not go where missing ones go take bounds: x ≤ bound. */
function cutsOf(feature: Categories, goesLeft: (code: number) => boolean, missing: Side): Cuts {
  const bounds = feature.kind === 'numbers' ? ofNumbers(feature.values) : ofCodes(feature)
  // All go where missing ones go; x ≤ +∞ holds but for NaN, which goes there too.
  return { first: missing, bounds: bounds.length === 0 ? [Number.POSITIVE_INFINITY] : bounds }

  function other(code: number): boolean {
    return code < WORDS * 32 && goesLeft(code) !== (missing === 'left')
  }

  /** Each number by itself, as it is and as float32 has it: an input of float32 has no other. */
  function ofNumbers(values: readonly number[]): number[] {
    const own = values.filter((_, code) => other(code)).toSorted((a, b) => a - b)
    return own.flatMap(value => {
      const near = Math.fround(value)
      return [nextBelow(Math.min(value, near)), Math.max(value, near)]
    })
  }

  /** Codes are numbers without their fraction. */
  function ofCodes(codes: Exclude<Categories, { kind: 'numbers' }>): number[] {
    const known = codes.kind === 'codes' ? codes.known.toSorted((a, b) => a - b) : [...codes.values.keys()]
    return runsOf(known.filter(other)).map(nextBelow)
  }
}
