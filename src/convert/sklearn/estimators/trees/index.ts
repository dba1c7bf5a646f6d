import type { EstimatorTable } from '../../estimator.ts'
import { adaboostClassifier, adaboostRegressor } from './adaboost.ts'
import { baggingClassifier, baggingRegressor } from './bagging.ts'
import { classifierTrees, regressorTrees } from './forest.ts'
import { gradientClassifier, gradientRegressor } from './gradient.ts'
import { histogramClassifier, histogramInput, histogramRegressor } from './histogram.ts'
import { isolationForest } from './isolation.ts'

const classifier = { convert: classifierTrees }
const regressor = { convert: regressorTrees }

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
  HistGradientBoostingClassifier: { convert: histogramClassifier, input: histogramInput },
  HistGradientBoostingRegressor: { convert: histogramRegressor, input: histogramInput },
  IsolationForest: { convert: isolationForest },
  AdaBoostClassifier: { convert: adaboostClassifier },
  AdaBoostRegressor: { convert: adaboostRegressor },
  BaggingClassifier: { convert: baggingClassifier },
  BaggingRegressor: { convert: baggingRegressor },
}
