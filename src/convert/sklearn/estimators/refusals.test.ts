import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Estimator, type EstimatorValue, openModel } from '../../../formats/index.ts'
import { GraphBuilder } from '../../graph/builder.ts'
import { declareInputs } from '../inputs.ts'
import { rootOf } from '../root.ts'
import { Run } from '../run.ts'

const FOLDER = fileURLToPath(
  new URL('../../../../test/fixtures/convert/sklearn/models/1.9/', import.meta.url),
)

/** Converts a committed estimator with some of its attributes changed. */
async function converted(
  name: string,
  changes: Readonly<Record<string, EstimatorValue | undefined>>,
): Promise<void> {
  const model = await openModel(`${FOLDER}${name}.pkl.xz`)
  try {
    const { source } = model.input!
    const { estimator } = await rootOf(source)
    const run = new Run(source, new GraphBuilder())
    const changed = changedOf(estimator, changes)
    const { columns } = await declareInputs(run, new GraphBuilder(), changed)
    await run.convert('', changed, columns, 'predict')
    run.refusals.check(name)
  } finally {
    await model.close()
  }
}

function changedOf(
  estimator: Estimator,
  changes: Readonly<Record<string, EstimatorValue | undefined>>,
): Estimator {
  const change = (map: ReadonlyMap<string, EstimatorValue>) =>
    new Map(
      Array.from(map, ([key, value]) => [key, key in changes ? changes[key] : value] as const).flatMap(
        ([key, value]) => (value === undefined ? [] : [[key, value] as const]),
      ),
    )
  return { ...estimator, params: change(estimator.params), fitted: change(estimator.fitted) }
}

const FUNCTION: EstimatorValue = { kind: 'name', module: '__main__', name: 'mine' }
const kernel = (
  className: string,
  attributes: Readonly<Record<string, EstimatorValue>> = {},
): EstimatorValue => ({
  kind: 'object',
  module: 'sklearn.gaussian_process.kernels',
  className,
  args: [],
  attributes: new Map(Object.entries(attributes)),
  items: [],
  entries: [],
})

describe('what has no graph is refused by its name', () => {
  test.each([
    ['svc', { kernel: FUNCTION }, 'SVC (model): kernel=__main__.mine'],
    ['knn', { weights: FUNCTION }, 'KNeighborsClassifier (model): weights=__main__.mine'],
    [
      'knn',
      { effective_metric_: 'haversine' },
      "KNeighborsClassifier (model): effective_metric_='haversine'",
    ],
    ['kernel-pca-rbf', { kernel: FUNCTION }, 'KernelPCA (model): kernel=__main__.mine'],
    ['grid-search', { best_estimator_: undefined }, "GridSearchCV (model): it has no 'best_estimator_'"],
    ['gp', { kernel_: kernel('CompoundKernel') }, 'GaussianProcessRegressor (model): kernel=CompoundKernel'],
    ['gp', { kernel_: kernel('constructor') }, 'GaussianProcessRegressor (model): kernel=constructor'],
    [
      'gp',
      { kernel_: kernel('Matern', { nu: 0.7, length_scale: 1 }) },
      'GaussianProcessRegressor (model): Matern(nu=0.7)',
    ],
    ['local-outlier-factor', { novelty: false }, 'LocalOutlierFactor (model): novelty=False has no predict'],
    [
      'affinity-propagation',
      { cluster_centers_: undefined },
      "AffinityPropagation (model): affinity='precomputed'",
    ],
    ['classifier-chain', { chain_method_: 'mine' }, "ClassifierChain (model): chain_method='mine'"],
  ] as const)('%s %j', async (name, changes, message) => {
    await expect(converted(name, changes)).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message: expect.stringContaining(message),
    })
  })
})

describe('what contradicts itself names the attribute', () => {
  test.each([
    ['logistic', { coef_: undefined }, "'coef_' is missing"],
    ['logistic', { intercept_: [1, 2] }, "'intercept_' has 2 elements, and 'coef_' 1 rows"],
    ['logistic-classes', { classes_: 'none' }, "'classes_' is 'none', and an array is expected"],
    ['svc-probability', { _intercept_: [1] }, "'_intercept_' has 1 elements for 3 classes"],
    ['svc-probability', { _n_support: [1, 1, 1] }, "'_n_support' is a list of 3, and an array is expected"],
    ['knn', { n_neighbors: 100 }, "'n_neighbors' is 100, and there are 60 rows"],
    ['mlp', { coefs_: [] }, "'coefs_' has 0 layers, and 'intercepts_' 2"],
    ['birch', { subcluster_labels_: undefined }, "'subcluster_labels_' is missing"],
    ['one-vs-rest', { estimators_: [] }, "'estimators_' has no estimator"],
    ['regressor-chain', { order_: [0, 0, 1] }, "'order_' is [0, 0, 1]"],
    ['calibrated-sigmoid', { calibrated_classifiers_: [] }, "'calibrated_classifiers_' is empty"],
  ] as const)('%s %j', async (name, changes, message) => {
    await expect(converted(name, changes)).rejects.toMatchObject({
      code: 'CONVERT_INVALID',
      message: expect.stringContaining(message),
    })
  })
})
