import type { OnnxDtype } from '../types.ts'
import { as, same } from './elementwise.ts'
import { countOf, intOf, intsOf, lengthOf, typed } from './read.ts'
import type { NodeToInfer, Rule } from './types.ts'
import type { Size } from './values.ts'

const VALUES: readonly (readonly [attribute: string, dtype: OnnxDtype])[] = [
  ['values_strings', 'string'],
  ['values_int64s', 'int64'],
  ['values_floats', 'float32'],
]

const labelEncoder: Rule = node => {
  const [x] = node.inputs
  if (!x) return undefined
  const tensor = node.attributes['values_tensor']
  if (tensor && 'tensor' in tensor) return [typed(tensor.tensor.dtype, x.shape)]
  const found = VALUES.find(([attribute]) => Object.hasOwn(node.attributes, attribute))
  return found && [typed(found[1], x.shape)]
}

const oneHotEncoder: Rule = node => {
  const [x] = node.inputs
  const categories = lengthOf(node, 'cats_int64s') || lengthOf(node, 'cats_strings')
  return x && [typed('float32', x.shape && [...x.shape, categories])]
}

/** Rows of [rows, features], or one. */
const rowsOf = ({ inputs: [x] }: NodeToInfer): Size => {
  if (!x?.shape) return null
  return x.shape.length === 1 ? 1 : (x.shape[0] ?? null)
}

/** Labels, and a score for each class: of ONNX Runtime also where a binary model has weights of one class only. */
function classifier(names: string, numbers: string, scored: (node: NodeToInfer) => boolean): Rule {
  return node => {
    const texts = lengthOf(node, names)
    const classes = texts || lengthOf(node, numbers)
    const rows = rowsOf(node)
    const scores = classes > 1 && scored(node) ? classes : null
    return [typed(texts > 0 ? 'string' : 'int64', [rows]), typed('float32', [rows, scores])].slice(
      0,
      node.outputs,
    )
  }
}

const regressor =
  (targets: (node: NodeToInfer) => Size): Rule =>
  node => [typed('float32', [rowsOf(node), targets(node)])]

/** A vector gives one row of what is taken; else the last axis is what is taken. */
const arrayFeatureExtractor: Rule = ({ inputs: [x, indices] }) => {
  if (!x) return undefined
  const shape = indices?.shape
  const count = countOf(indices) ?? (shape?.length === 1 ? shape[0]! : null)
  if (!x.shape) return [typed(x.dtype, undefined)]
  return [typed(x.dtype, [...(x.shape.length === 1 ? [1] : x.shape.slice(0, -1)), count])]
}

const featureVectorizer: Rule = node => {
  const widths = intsOf(node, 'inputdimensions') ?? []
  return [
    typed('float32', [
      rowsOf(node),
      widths.length > 0 ? widths.reduce((sum, width) => sum + width, 0) : null,
    ]),
  ]
}

const always = () => true

const ops: Readonly<Record<string, Rule>> = {
  LabelEncoder: labelEncoder,
  Scaler: as('float32', same),
  Normalizer: as('float32', same),
  Imputer: same,
  Binarizer: same,
  OneHotEncoder: oneHotEncoder,
  TreeEnsembleClassifier: classifier('classlabels_strings', 'classlabels_int64s', always),
  TreeEnsembleRegressor: regressor(node => intOf(node, 'n_targets', 1)),
  LinearClassifier: classifier('classlabels_strings', 'classlabels_ints', always),
  LinearRegressor: regressor(node => intOf(node, 'targets', 1)),
  // Without probabilities its scores are votes of pairs of classes.
  SVMClassifier: classifier('classlabels_strings', 'classlabels_ints', node => lengthOf(node, 'prob_a') > 0),
  SVMRegressor: regressor(() => 1),
  ArrayFeatureExtractor: arrayFeatureExtractor,
  FeatureVectorizer: featureVectorizer,
}

export const ml: Readonly<Record<string, Rule>> = Object.fromEntries(
  Object.entries(ops).map(([name, rule]) => [`ai.onnx.ml.${name}`, rule]),
)
