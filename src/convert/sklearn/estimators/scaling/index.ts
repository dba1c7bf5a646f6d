import type { EstimatorTable } from '../../estimator.ts'
import { normalizer } from './normalize.ts'
import { powerTransformer } from './power.ts'
import { quantileTransformer } from './quantiles.ts'
import { maxAbsScaler, minMaxScaler, robustScaler, standardScaler } from './scalers.ts'

export const scaling: EstimatorTable = {
  StandardScaler: standardScaler,
  MinMaxScaler: minMaxScaler,
  MaxAbsScaler: maxAbsScaler,
  RobustScaler: robustScaler,
  Normalizer: normalizer,
  QuantileTransformer: quantileTransformer,
  PowerTransformer: powerTransformer,
}
