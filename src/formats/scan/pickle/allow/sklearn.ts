import { any, args, int, named, number, rest, text } from '../shapes.ts'
import { SKLEARN_CLASSES, SKLEARN_FUNCTIONS } from '../tables/sklearn.ts'
import { classOf, type Entry, each, func, modules, plainClass, type Table, value } from './entry.ts'

/** Classes in C keep numbers and arrays: their constructors take counts, thresholds and arrays. */
const native = classOf(rest(any))

const TREES = 'KDTree KDTree32 KDTree64 BallTree BallTree32 BallTree64'
const METRICS =
  'Euclidean SEuclidean Manhattan Chebyshev Minkowski WMinkowski Mahalanobis Hamming Canberra BrayCurtis Jaccard ' +
  'Matching Dice Kulsinski RogersTanimoto RussellRao SokalMichener SokalSneath Haversine PyFunc'
const DISTANCES = METRICS.split(' ').flatMap(name => ['', '32', '64'].map(width => `${name}Distance${width}`))
const metricModules = [
  'sklearn.metrics._dist_metrics',
  'sklearn.neighbors._dist_metrics',
  'sklearn.neighbors.dist_metrics',
]
const treeModules = [
  'sklearn.neighbors._kd_tree',
  'sklearn.neighbors._ball_tree',
  'sklearn.neighbors.kd_tree',
  'sklearn.neighbors.ball_tree',
]
const metricClasses = named(...metricModules.flatMap(module => DISTANCES.map(name => `${module}:${name}`)))
const treeClasses = named(...treeModules.flatMap(module => TREES.split(' ').map(name => `${module}:${name}`)))

const CY_LOSSES =
  'CyLossFunction CyHalfSquaredError CyAbsoluteError CyPinballLoss CyHuberLoss CyHalfPoissonLoss CyHalfGammaLoss ' +
  'CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHalfBinomialLoss CyExponentialLoss CyHalfMultinomialLoss'
const SGD_LOSSES =
  'Hinge SquaredHinge Log ModifiedHuber SquaredLoss Huber EpsilonInsensitive SquaredEpsilonInsensitive LossFunction ' +
  'Classification Regression CyLossFunction'
const CRITERIA =
  'Gini Entropy MSE MAE FriedmanMSE Poisson ClassificationCriterion RegressionCriterion Criterion'
const SPLITTERS =
  'BestSplitter RandomSplitter BestSparseSplitter RandomSparseSplitter PresortBestSplitter Splitter DensePartitioner SparsePartitioner'

/** What Cython makes for classes without a `__reduce__` of their own: (class, checksum, state). */
function unpicklers(module: string, names: string): Record<string, Entry> {
  const entries: Record<string, Entry> = {}
  for (const name of names.split(' '))
    entries[`__pyx_unpickle_${name}`] = func(args([named(`${module}:${name}`), int, any]))
  return entries
}

const fromTables = (
  tables: Readonly<Record<string, string>>,
  entry: Entry,
): [string, Record<string, Entry>][] =>
  Object.entries(tables).map(([module, names]) => [module, each(names, entry)])

const merged = (): Record<string, Record<string, Entry>> => {
  const table: Record<string, Record<string, Entry>> = {}
  for (const [module, entries] of [
    ...fromTables(SKLEARN_FUNCTIONS, value),
    ...fromTables(SKLEARN_CLASSES, plainClass),
  ])
    table[module] = { ...table[module], ...entries }
  return table
}

const CONTAINER: Entry = { kind: 'class', container: true, args: rest(any) }
const tables = merged()

export const SKLEARN: Table = {
  ...tables,
  ...modules(['sklearn.tree._tree', 'sklearn.tree.tree._tree'], { Tree: native }),
  'sklearn.tree._criterion': each(CRITERIA, native),
  'sklearn.tree._splitter': each(SPLITTERS, native),
  'sklearn._loss._loss': { ...each(CY_LOSSES, native), ...unpicklers('sklearn._loss._loss', CY_LOSSES) },
  'sklearn.cluster._kmeans': {
    ...(tables['sklearn.cluster._kmeans'] ?? {}),
    ...each('_kmeans_single_lloyd _kmeans_single_elkan', value),
  },
  ...modules(['sklearn.linear_model._sgd_fast', 'sklearn.linear_model.sgd_fast'], {
    ...each(SGD_LOSSES, classOf(rest(number))),
  }),
  ...modules(treeModules, {
    ...each(TREES, native),
    newObj: func(args([treeClasses])),
    VALID_METRICS: value,
  }),
  ...modules(metricModules, {
    ...each(DISTANCES.join(' '), native),
    ...each('DistanceMetric DistanceMetric32 DistanceMetric64', native),
    newObj: func(args([metricClasses])),
  }),
  ...modules(['sklearn.neighbors._quad_tree', 'sklearn.neighbors.quad_tree'], { _QuadTree: native }),
  'sklearn.ensemble._hist_gradient_boosting.common': each('MonotonicConstraint', classOf(args([int]))),
  'sklearn.feature_extraction.text': {
    ...(tables['sklearn.feature_extraction.text'] ?? {}),
    ...each('strip_accents_unicode strip_accents_ascii strip_tags _preprocess _analyze', value),
  },
  'sklearn.utils': { ...(tables['sklearn.utils'] ?? {}), Bunch: CONTAINER, deprecate: plainClass },
  'sklearn.utils._bunch': { Bunch: CONTAINER },
  'sklearn.datasets.base': { Bunch: CONTAINER },
  'sklearn.compose._column_transformer': {
    ...(tables['sklearn.compose._column_transformer'] ?? {}),
    _RemainderColsList: CONTAINER,
  },
  'sklearn.utils._metadata_requests': {
    MetadataRequest: plainClass,
    MethodMetadataRequest: plainClass,
    MethodPair: classOf(args([text, text])),
    MetadataRouter: plainClass,
  },
  'sklearn.utils.deprecation': { DeprecationDict: CONTAINER },
  'sklearn.externals._packaging.version': { Version: plainClass },
  'sklearn.exceptions': each(
    (SKLEARN_CLASSES['sklearn.exceptions'] ?? 'NotFittedError').trim(),
    classOf(rest(any)),
  ),
  'sklearn.impute._iterative': {
    ...(tables['sklearn.impute._iterative'] ?? {}),
    _ImputerTriplet: classOf(args([any, any, any])),
  },
  'sklearn.utils.validation': each('check_array', value),
}
