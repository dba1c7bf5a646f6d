import type { EstimatorTable, Fitted } from '../../estimator.ts'
import { adaboostClassifier, adaboostRegressor } from './adaboost.ts'
import { baggingClassifier, baggingRegressor } from './bagging.ts'
import { classifierTrees, regressorTrees } from './forest.ts'
import { gradientClassifier, gradientRegressor } from './gradient.ts'
import { histogramClassifier, histogramInput, histogramRegressor } from './histogram.ts'
import { isolationForest } from './isolation.ts'
import { lightgbmEstimator, lightgbmInput } from './lightgbm.ts'
import { xgboostBooster, xgboostEstimator, xgboostInput } from './xgboost.ts'

const CATEGORIES = 'categories of one feature are all texts or all numbers'

const classifier = { convert: classifierTrees }
const regressor = { convert: regressorTrees }
const xgboost = { convert: xgboostEstimator, input: xgboostInput }
const lightgbm = { convert: lightgbmEstimator, input: lightgbmInput }

export const trees: EstimatorTable = {
  DecisionTreeClassifier: classifier,
  DecisionTreeRegressor: regressor,
  ExtraTreeClassifier: classifier,
  ExtraTreeRegressor: regressor,
  RandomForestClassifier: classifier,
  RandomForestRegressor: regressor,
  ExtraTreesClassifier: classifier,
  ExtraTreesRegressor: regressor,
  GradientBoostingClassifier: { convert: gradientClassifier },
  GradientBoostingRegressor: { convert: gradientRegressor },
  HistGradientBoostingClassifier: { convert: histogramClassifier, input: histogramInput, limits: CATEGORIES },
  HistGradientBoostingRegressor: { convert: histogramRegressor, input: histogramInput, limits: CATEGORIES },
  IsolationForest: { convert: isolationForest },
  AdaBoostClassifier: { convert: adaboostClassifier },
  AdaBoostRegressor: { convert: adaboostRegressor },
  BaggingClassifier: { convert: baggingClassifier },
  BaggingRegressor: { convert: baggingRegressor },
  RandomTreesEmbedding: {
    refused: 'leaves as columns are not converted',
    hint: 'Convert the estimator behind it on features of its own.',
  },
  XGBClassifier: xgboost,
  XGBRegressor: xgboost,
  XGBRanker: xgboost,
  XGBRFClassifier: xgboost,
  XGBRFRegressor: xgboost,
  LGBMClassifier: lightgbm,
  LGBMRegressor: lightgbm,
  LGBMRanker: lightgbm,
  Booster: {
    convert: call => (isXgboost(call.estimator) ? xgboostBooster(call) : lightgbmEstimator(call)),
    input: async estimator => (isXgboost(estimator) ? xgboostInput(estimator) : lightgbmInput(estimator)),
  },
}

function isXgboost({ module }: Fitted): boolean {
  return module.startsWith('xgboost.')
}
