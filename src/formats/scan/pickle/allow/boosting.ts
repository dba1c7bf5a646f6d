import { any, args, int, rest } from '../shapes.ts'
import { classOf, type Entry, each, type Table } from './entry.ts'

const plainClass: Entry = { kind: 'class' }
const enumeration = classOf(args([int]))

/** Boosters keep their model as bytes or text in the state, which native code parses: it is scanned as a file. */
export const BOOSTING: Table = {
  'xgboost.core': {
    Booster: plainClass,
    DataSplitMode: enumeration,
    ...each('XGBoostError', classOf(rest(any))),
  },
  'xgboost.sklearn': each(
    'XGBModel XGBClassifier XGBRegressor XGBRanker XGBRFClassifier XGBRFRegressor XGBClassifierBase XGBRankerMixIn ' +
      'XGBRegressorBase',
    plainClass,
  ),
  'xgboost.compat': each('XGBoostLabelEncoder XGBModelBase XGBClassifierBase', plainClass),
  'xgboost.callback': each(
    'EarlyStopping EvaluationMonitor LearningRateScheduler TrainingCallback',
    plainClass,
  ),
  'catboost.core': each('CatBoost CatBoostClassifier CatBoostRegressor CatBoostRanker', plainClass),
  'lightgbm.basic': { Booster: plainClass, ...each('LightGBMError', classOf(rest(any))) },
  'lightgbm.sklearn': each('LGBMModel LGBMClassifier LGBMRegressor LGBMRanker', plainClass),
  'lightgbm.compat': each('LGBMLabelEncoder _LGBMLabelEncoder LGBMNotFittedError', plainClass),
}

/** joblib's stand-ins for arrays: raw in the stream, or (before 0.10) in files beside the pickle. */
export const JOBLIB: Table = Object.fromEntries(
  [
    'joblib.numpy_pickle',
    'joblib.numpy_pickle_compat',
    'sklearn.externals.joblib.numpy_pickle',
    'sklearn.externals.joblib.numpy_pickle_compat',
  ].map(module => [
    module,
    each('NumpyArrayWrapper NDArrayWrapper ZNDArrayWrapper', classOf(args([any, any, any, any], 0))),
  ]),
)
