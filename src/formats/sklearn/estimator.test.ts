import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type ByteSource, sourceOf, viewAs } from '../../core/index.ts'
import { readArray, readArrayText, runPickle } from '../pickle/index.ts'
import type { Estimator, EstimatorObject, EstimatorValue } from './index.ts'
import { isEstimator, readEstimator } from './index.ts'

interface Read {
  readonly source: ByteSource
  readonly estimator: Estimator
}

async function read(path: string): Promise<Read> {
  const url = new URL(`../../../test/fixtures/pickle/sklearn/${path}`, import.meta.url)
  const source = sourceOf(await readFile(url), path)
  const { root, fault } = await runPickle(source, { joblib: true })
  expect(fault).toBeUndefined()
  return { source, estimator: await readEstimator(root!, path) }
}

/** What a value is, for tables: arrays as `float64 [2, 3]`, objects by their class. */
function told(value: EstimatorValue | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (!('kind' in value)) return value.map(told)
  switch (value.kind) {
    case 'array':
      return `${value.array.dtype.dtype} [${value.array.shape.join(', ')}]`
    case 'estimator':
    case 'object':
      return value.className
    case 'map':
      return value.entries.map(([key, item]) => [told(key), told(item)])
    case 'name':
      return `${value.module}.${value.name}`
    default:
      return value.kind
  }
}

const objectOf = (value: EstimatorValue | undefined): EstimatorObject => {
  if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'object') return value
  throw new Error(`expected an object, and found ${JSON.stringify(told(value))}`)
}

async function numbersOf({ source }: Read, value: EstimatorValue | undefined): Promise<readonly number[]> {
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'array') return []
  const pieces: Uint8Array[] = []
  for await (const piece of readArray(source, value.array)) pieces.push(piece)
  const { dtype } = value.array.dtype
  if (dtype !== 'float64' && dtype !== 'int64') return []
  return Array.from(viewAs(dtype, Buffer.concat(pieces)), Number)
}

describe('estimators of scikit-learn', () => {
  test.each<[string, string, string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'linear.joblib',
      'LinearRegression',
      'linear_model._base',
      { fit_intercept: true },
      { coef_: 'float64 [3]' },
    ],
    [
      'logistic.pkl',
      'LogisticRegression',
      'linear_model._logistic',
      { C: 0.5, solver: 'lbfgs' },
      { coef_: 'float64 [1, 3]', intercept_: 'float64 [1]', classes_: 'int64 [2]' },
    ],
    [
      'ridge.joblib',
      'Ridge',
      'linear_model._ridge',
      { alpha: 2 },
      { coef_: 'float64 [3]', n_features_in_: 3 },
    ],
    [
      'sgd.pkl',
      'SGDClassifier',
      'linear_model._stochastic_gradient',
      { loss: 'hinge' },
      { coef_: 'float64 [1, 3]' },
    ],
    [
      'decision-tree.joblib',
      'DecisionTreeClassifier',
      'tree._classes',
      { max_depth: 3, criterion: 'gini' },
      { tree_: 'Tree', n_classes_: 2 },
    ],
    [
      'random-forest.pkl',
      'RandomForestClassifier',
      'ensemble._forest',
      { n_estimators: 3 },
      { estimators_: ['DecisionTreeClassifier', 'DecisionTreeClassifier', 'DecisionTreeClassifier'] },
    ],
    [
      'extra-trees.joblib',
      'ExtraTreesClassifier',
      'ensemble._forest',
      { bootstrap: false },
      { estimators_: ['ExtraTreeClassifier', 'ExtraTreeClassifier'] },
    ],
    [
      'gradient-boosting.pkl',
      'GradientBoostingClassifier',
      'ensemble._gb',
      { learning_rate: 0.1 },
      { estimators_: 'object [2, 1]', init_: 'DummyClassifier' },
    ],
    [
      'hist-gradient-boosting.joblib',
      'HistGradientBoostingClassifier',
      'ensemble._hist_gradient_boosting.gradient_boosting',
      { max_bins: 16 },
      { _predictors: [['TreePredictor'], ['TreePredictor']], _baseline_prediction: 'float64 [1, 1]' },
    ],
    [
      'svc.pkl',
      'SVC',
      'svm._classes',
      { C: 2, kernel: 'rbf' },
      { _dual_coef_: expect.stringMatching(/^float64 \[1, \d+\]$/), _n_support: 'int32 [2]' },
    ],
    [
      'knn.joblib',
      'KNeighborsClassifier',
      'neighbors._classification',
      { n_neighbors: 3 },
      { _tree: 'KDTree', _fit_X: 'float64 [30, 3]' },
    ],
    [
      'gaussian-nb.pkl',
      'GaussianNB',
      'naive_bayes',
      { priors: null },
      { theta_: 'float64 [2, 3]', var_: 'float64 [2, 3]', epsilon_: expect.any(Number) },
    ],
    [
      'mlp.joblib',
      'MLPClassifier',
      'neural_network._multilayer_perceptron',
      { hidden_layer_sizes: [4] },
      { coefs_: ['float64 [3, 4]', 'float64 [4, 1]'], out_activation_: 'logistic' },
    ],
    ['k-means.pkl', 'KMeans', 'cluster._kmeans', { n_clusters: 2 }, { cluster_centers_: 'float64 [2, 3]' }],
    [
      'pca.joblib',
      'PCA',
      'decomposition._pca',
      { n_components: 2 },
      { components_: 'float64 [2, 3]', n_components_: 2 },
    ],
    [
      'standard-scaler.pkl',
      'StandardScaler',
      'preprocessing._data',
      { with_mean: true },
      { mean_: 'float64 [3]', scale_: 'float64 [3]' },
    ],
    [
      'one-hot.joblib',
      'OneHotEncoder',
      'preprocessing._encoders',
      { handle_unknown: 'error', dtype: 'numpy.float64' },
      { categories_: ['object [3]'], drop_idx_: null },
    ],
    [
      'imputer.pkl',
      'SimpleImputer',
      'impute._base',
      { strategy: 'median', missing_values: Number.NaN },
      { statistics_: 'float64 [3]' },
    ],
    [
      'count-vectorizer.joblib',
      'CountVectorizer',
      'feature_extraction.text',
      { ngram_range: [1, 2], analyzer: 'word' },
      { fixed_vocabulary_: false },
    ],
    [
      'tfidf.pkl',
      'TfidfVectorizer',
      'feature_extraction.text',
      { sublinear_tf: true },
      { _tfidf: 'TfidfTransformer' },
    ],
    [
      'pipeline.joblib',
      'Pipeline',
      'pipeline',
      {
        steps: [
          ['scale', 'StandardScaler'],
          ['classify', 'LogisticRegression'],
        ],
      },
      {},
    ],
    [
      'columns.pkl',
      'Pipeline',
      'pipeline',
      {
        steps: [
          ['prepare', 'ColumnTransformer'],
          ['forest', 'RandomForestClassifier'],
        ],
      },
      {},
    ],
  ])('%s', async (path, className, module, params, fitted) => {
    const { estimator } = await read(path)
    expect(estimator).toMatchObject({ className, module: `sklearn.${module}`, version: '1.9.1' })
    for (const [name, value] of Object.entries(params))
      expect([name, told(estimator.params.get(name))]).toEqual([name, value])
    for (const [name, value] of Object.entries(fitted))
      expect([name, told(estimator.fitted.get(name))]).toEqual([name, value])
  })
})

test("a linear model's coefficients are those that made its data", async () => {
  const linear = await read('linear.joblib')
  const coefficients = await numbersOf(linear, linear.estimator.fitted.get('coef_'))
  expect(coefficients.map(value => Math.round(value * 1e6) / 1e6)).toEqual([1, 2, 3])
})

test("a tree's nodes and values, and what it was made with, are in its state", async () => {
  const { estimator } = await read('decision-tree.joblib')
  const tree = objectOf(estimator.fitted.get('tree_'))
  expect(tree.module).toBe('sklearn.tree._tree')
  expect(tree.args.map(told)).toEqual([3, 'int64 [1]', 1])
  expect(told(tree.attributes.get('nodes'))).toBe('record [5]')
  expect(told(tree.attributes.get('values'))).toBe('float64 [5, 1, 2]')
})

test("a KD tree's state is a tuple", async () => {
  const { estimator } = await read('knn.joblib')
  const tree = objectOf(estimator.fitted.get('_tree'))
  expect((told(tree.state) as unknown[]).slice(0, 3)).toEqual([
    'float64 [30, 3]',
    'int64 [30]',
    expect.stringMatching(/^record/),
  ])
})

test('rounds of boosting are an array of estimators', async () => {
  const { estimator } = await read('gradient-boosting.pkl')
  const rounds = estimator.fitted.get('estimators_')
  expect(rounds).toMatchObject({
    kind: 'array',
    objects: [{ kind: 'estimator', className: 'DecisionTreeRegressor' }, { kind: 'estimator' }],
  })
})

test('a vocabulary is a map of words to places', async () => {
  const { estimator } = await read('tfidf.pkl')
  const vocabulary = estimator.fitted.get('vocabulary_')
  const words = (told(vocabulary) as [string, number][]).toSorted((a, b) => a[1] - b[1])
  expect(words.map(([word]) => word)).toEqual(['data', 'large', 'model', 'sets', 'small'])
  const inner = estimator.fitted.get('_tfidf')
  expect(isEstimator(inner) && told(inner.fitted.get('idf_'))).toBe('float64 [5]')
})

test('categories of text are objects in an array', async () => {
  const { estimator } = await read('one-hot.joblib')
  expect(estimator.fitted.get('categories_')).toMatchObject([{ objects: ['blue', 'green', 'red'] }])
})

test('columns and their transformers are in order, fitted ones among them', async () => {
  const { estimator } = await read('columns.pkl')
  const steps = estimator.params.get('steps') as [string, Estimator][]
  const [, prepare] = steps[0]!
  expect(told(prepare.fitted.get('transformers_'))).toEqual([
    ['numbers', 'StandardScaler', [0, 1]],
    ['rest', 'FunctionTransformer', [2]],
  ])
})

test('classes of text can be read', async () => {
  const source = sourceOf(
    Buffer.from(
      "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I2\ntcnumpy\ndtype\n(S'U1'\nI0\nI1\ntR(I3\nS'>'\nNNNI4\nI4\nI8\ntbI00\nS'\\x00\\x00\\x00a\\x00\\x00\\x00b'\ntb.",
    ),
  )
  const { root } = await runPickle(source)
  const value = await readEstimator(
    {
      kind: 'call',
      via: 'NEWOBJ',
      callee: { kind: 'global', module: 'other', name: 'Model', offset: 0, protocol: 2 },
      args: { kind: 'tuple', items: [] },
      offset: 0,
      states: [
        {
          kind: 'dict',
          entries: [
            [
              { kind: 'text', value: 'n_features_in_' },
              { kind: 'int', value: 2n },
            ],
            [{ kind: 'text', value: 'classes_' }, root!],
          ],
        },
      ],
      items: [],
      entries: [],
    },
    'x.pkl',
  )
  const classes = value.fitted.get('classes_')
  const texts: string[] = []
  if (typeof classes === 'object' && classes !== null && 'kind' in classes && classes.kind === 'array')
    for await (const text of readArrayText(source, classes.array)) texts.push(text)
  expect(texts).toEqual(['a', 'b'])
})

describe('what is no estimator', () => {
  const estimatorOf = async (latin: string) => {
    const { root } = await runPickle(sourceOf(Buffer.from(latin, 'latin1'), 'x.pkl'))
    return readEstimator(root!, 'x.pkl')
  }

  test.each([
    ['a list', '].', /found a list/],
    ['another class', 'cos\nsystem\n)R.', /found os\.system/],
    [
      'a class of scikit-learn that is none',
      'csklearn.tree._tree\nTree\n)R.',
      /found sklearn\.tree\._tree\.Tree/,
    ],
  ])('%s', async (_, pickle, message) => {
    await expect(estimatorOf(pickle)).rejects.toMatchObject({
      code: 'FORMAT_MALFORMED',
      message: expect.stringMatching(message),
    })
  })

  test('values nested without end are a limit', async () => {
    const deep = `${'('.repeat(500)}${'t'.repeat(500)}`
    const pickle = `csklearn.x\nX\n)\x81}(S'_sklearn_version'\nS'1'\nS'a'\n${deep}ub.`
    await expect(estimatorOf(pickle)).rejects.toMatchObject({ code: 'FORMAT_LIMIT' })
  })

  test('an estimator within itself is told once', async () => {
    const pickle = "csklearn.x\nX\n)\x81q\0}(S'_sklearn_version'\nS'1'\nS'me'\nh\0ub."
    expect(told((await estimatorOf(pickle)).params.get('me'))).toBe('opaque')
  })
})
