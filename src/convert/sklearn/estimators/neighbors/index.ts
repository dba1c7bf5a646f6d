import type { EstimatorTable } from '../../estimator.ts'
import { nearestCentroid } from './centroid.ts'
import * as closest from './nearest.ts'
import { localOutlierFactor } from './outlier.ts'
import { propagation } from './propagation.ts'
import * as within from './radius.ts'

const limits =
  'metrics Euclidean, Manhattan, Chebyshev, Minkowski and cosine; no functions as weights; of equal distances the first row'

const GRAPH = {
  refused: 'it tells neighbours of rows, and no value of them',
  hint: 'KNeighborsClassifier or KNeighborsRegressor can take its place.',
}

export const neighbors: EstimatorTable = {
  KNeighborsClassifier: { convert: closest.classifier, limits },
  KNeighborsRegressor: { convert: closest.regressor, limits },
  RadiusNeighborsClassifier: { convert: within.classifier, limits },
  RadiusNeighborsRegressor: { convert: within.regressor, limits },
  NearestCentroid: { convert: nearestCentroid, limits: 'metrics Euclidean and Manhattan' },
  LocalOutlierFactor: { convert: localOutlierFactor, limits: 'novelty=True' },
  LabelPropagation: { convert: propagation, limits: 'kernels rbf and knn' },
  LabelSpreading: { convert: propagation, limits: 'kernels rbf and knn' },
  NearestNeighbors: GRAPH,
  KNeighborsTransformer: GRAPH,
  RadiusNeighborsTransformer: GRAPH,
}
