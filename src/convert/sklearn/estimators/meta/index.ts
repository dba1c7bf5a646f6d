import type { EstimatorTable } from '../../estimator.ts'
import { calibratedClassifier } from './calibration.ts'
import * as dummy from './dummy.ts'
import { isotonicRegression } from './isotonic.ts'
import { frozen, search, selfTraining } from './search.ts'
import { constantPredictor, oneVsOne, oneVsRest, outputCode } from './several-classes.ts'
import {
  chainOfClassifiers,
  chainOfRegressors,
  multiOutputClassifier,
  multiOutputRegressor,
} from './several-outputs.ts'
import { stackingClassifier, stackingRegressor } from './stacking.ts'
import { transformedTarget } from './target.ts'
import { threshold } from './threshold.ts'
import { votingClassifier, votingRegressor } from './voting.ts'

export const meta: EstimatorTable = {
  CalibratedClassifierCV: calibratedClassifier,
  OneVsRestClassifier: oneVsRest,
  OneVsOneClassifier: { ...oneVsOne, limits: 'no kernels of pairs of rows' },
  OutputCodeClassifier: outputCode,
  MultiOutputClassifier: multiOutputClassifier,
  MultiOutputRegressor: multiOutputRegressor,
  ClassifierChain: chainOfClassifiers,
  RegressorChain: chainOfRegressors,
  VotingClassifier: votingClassifier,
  VotingRegressor: votingRegressor,
  StackingClassifier: { ...stackingClassifier, limits: 'one target' },
  StackingRegressor: stackingRegressor,
  GridSearchCV: search,
  RandomizedSearchCV: search,
  HalvingGridSearchCV: search,
  HalvingRandomSearchCV: search,
  TransformedTargetRegressor: {
    ...transformedTarget,
    limits: "numpy's functions, scalers and PowerTransformer",
  },
  DummyClassifier: { convert: dummy.classifier, limits: 'strategies prior, most_frequent and constant' },
  DummyRegressor: { convert: dummy.regressor },
  IsotonicRegression: isotonicRegression,
  FixedThresholdClassifier: threshold,
  TunedThresholdClassifierCV: threshold,
  SelfTrainingClassifier: selfTraining,
  FrozenEstimator: frozen,
  _ConstantPredictor: constantPredictor,
}
