import type { LongList, OnnxAttribute } from '../../formats/index.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { type Ensemble, LEAF, MISSING_TRUE } from './ensemble.ts'
import type { Numbers } from './numbers.ts'

export interface EmitOptions {
  /** How trees come together; SUM where absent. */
  readonly aggregate?: 'SUM' | 'AVERAGE' | 'MIN' | 'MAX'
  /** Added to each target's sum. */
  readonly base?: readonly number[]
}

/**
 * What trees give, as ai.onnx.ml's TreeEnsembleRegressor: float32 [N, targets] of features [N, F] of the ensemble's
 * type.
 */
export function emitEnsemble(
  emitter: Emitter,
  features: Value,
  ensemble: Ensemble,
  { aggregate = 'SUM', base }: EmitOptions = {},
): Value {
  const { targets, dtype } = ensemble.options
  checkFeatures(features, ensemble)
  if (base && aggregate !== 'SUM') throw new TypeError(`A base is added to sums, and not to ${aggregate}`)
  // ONNX Runtime wants a tree, and forgets the bases of targets that no leaf of a row's adds to.
  const bases = targets > 1 ? (base ?? []) : []
  if (ensemble.starts.length === 0 || bases.length > 0) ensemble.addConstant(bases)
  const attributes: Record<string, OnnxAttribute> = {
    ...nodeAttributes(ensemble),
    ...leafAttributes(ensemble, 'target'),
    n_targets: { int: targets },
    aggregate_function: { text: aggregate },
    post_transform: { text: 'NONE' },
    ...(base && targets === 1 && baseAttributes(base, dtype)),
  }
  const type = { dtype: 'float32', shape: [features.shape?.[0] ?? null, targets] } as const
  return emitter.op('TreeEnsembleRegressor', [features], { domain: 'ai.onnx.ml', attributes, types: [type] })
}

/**
 * Sums of classes' scores, float32 [N, targets], and the place of the largest, the first of equal ones, int64 [N]. It is
 * found before sums are rounded, as ai.onnx.ml's TreeEnsembleClassifier has it: what almost is a tie stays none. Leaves
 * need not add to a class that has no score.
 */
export function emitClassifier(
  emitter: Emitter,
  features: Value,
  ensemble: Ensemble,
): { readonly index: Value; readonly scores: Value } {
  const { targets } = ensemble.options
  checkFeatures(features, ensemble)
  // Of two classes ONNX Runtime compares scores with thresholds; a third one, which no leaf adds to, prevents that.
  const labels = Math.max(targets, 3)
  const rows = features.shape?.[0] ?? null
  const [index, scores] = emitter.ops('TreeEnsembleClassifier', [features], 2, {
    domain: 'ai.onnx.ml',
    attributes: {
      ...nodeAttributes(ensemble),
      ...leafAttributes(ensemble, 'class'),
      classlabels_int64s: { ints: Array.from({ length: labels }, (_, i) => i) },
      post_transform: { text: 'NONE' },
    },
    types: [
      { dtype: 'int64', shape: [rows] },
      { dtype: 'float32', shape: [rows, labels] },
    ],
  })
  if (labels === targets) return { index: index!, scores: scores! }
  const own = emitter.op('Slice', [scores, emitter.ints([0]), emitter.ints([targets]), emitter.ints([1])], {
    types: [{ dtype: 'float32', shape: [rows, targets] }],
  })
  return { index: index!, scores: own }
}

function checkFeatures(features: Value, { options: { dtype } }: Ensemble): void {
  if (features.dtype !== dtype) throw new TypeError(`Trees of ${dtype} got features of ${features.dtype}`)
}

function nodeAttributes(ensemble: Ensemble): Record<string, OnnxAttribute> {
  const { nodes: length, feature, value, trueNode, flags, starts, options } = ensemble
  const places = placesOf(starts)
  const leaf = (i: number) => (flags.at(i) & LEAF) !== 0
  const ints = (at: (i: number) => number): OnnxAttribute => ({ long: 'ints', list: { length, at } })
  const modes: LongList<string> = { length, at: i => (leaf(i) ? 'LEAF' : options.comparison) }
  return {
    nodes_treeids: ints(places.tree),
    nodes_nodeids: ints(places.node),
    nodes_featureids: ints(i => feature.at(i)),
    nodes_modes: { long: 'texts', list: modes },
    ...floats('nodes_values', value),
    nodes_truenodeids: ints(i => trueNode.at(i)),
    nodes_falsenodeids: ints(i => (leaf(i) ? 0 : places.node(i) + 1)),
    ...(ensemble.tracksMissing && {
      nodes_missing_value_tracks_true: ints(i => (flags.at(i) & MISSING_TRUE ? 1 : 0)),
    }),
  }
}

function leafAttributes(
  { leafNode, leafTarget, leafWeight, starts }: Ensemble,
  prefix: 'target' | 'class',
): Record<string, OnnxAttribute> {
  const { length } = leafNode
  const places = placesOf(starts)
  const ints = (at: (i: number) => number): OnnxAttribute => ({ long: 'ints', list: { length, at } })
  return {
    [`${prefix}_treeids`]: ints(i => places.tree(leafNode.at(i))),
    [`${prefix}_nodeids`]: ints(i => places.node(leafNode.at(i))),
    [`${prefix}_ids`]: ints(i => leafTarget.at(i)),
    ...floats(`${prefix}_weights`, leafWeight),
  }
}

/** Of float64 as a tensor: lists of attributes are float32. */
function floats(name: string, values: Numbers): Record<string, OnnxAttribute> {
  if (values.dtype === 'float32') return { [name]: { long: 'floats', list: values } }
  const data = () => values.bytes()
  return {
    [`${name}_as_tensor`]: { tensor: { name, dtype: 'float64', shape: [values.length], data } },
  }
}

function baseAttributes(
  base: readonly number[],
  dtype: 'float32' | 'float64',
): Record<string, OnnxAttribute> {
  if (dtype === 'float32') return { base_values: { floats: base } }
  const data = new Uint8Array(Float64Array.from(base).buffer)
  return { base_values_as_tensor: { tensor: { name: 'base_values', dtype, shape: [base.length], data } } }
}

/** Of a node: its tree, and its place in that. Quick where nodes are asked for in order. */
function placesOf(starts: readonly number[]): {
  tree: (node: number) => number
  node: (node: number) => number
} {
  let tree = 0
  const find = (node: number): number => {
    if (starts[tree]! > node) tree = 0
    while (tree + 1 < starts.length && starts[tree + 1]! <= node) tree++
    return tree
  }
  return { tree: find, node: node => node - starts[find(node)]! }
}
