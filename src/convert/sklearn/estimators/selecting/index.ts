import type { EstimatorTable } from '../../estimator.ts'
import {
  genericSelect,
  rfe,
  selectFdr,
  selectFpr,
  selectFromModel,
  selectFwe,
  selectKBest,
  selectPercentile,
  sequentialSelector,
  varianceThreshold,
} from './selectors.ts'

export const selecting: EstimatorTable = {
  VarianceThreshold: varianceThreshold,
  SelectKBest: selectKBest,
  SelectPercentile: selectPercentile,
  SelectFpr: selectFpr,
  SelectFdr: selectFdr,
  SelectFwe: selectFwe,
  GenericUnivariateSelect: genericSelect,
  SelectFromModel: selectFromModel,
  RFE: rfe,
  RFECV: rfe,
  SequentialFeatureSelector: sequentialSelector,
}
