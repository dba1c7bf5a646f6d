import type { EstimatorTable } from '../../estimator.ts'
import { minMaxScaler, standardScaler } from './scalers.ts'

export const scaling: EstimatorTable = {
  StandardScaler: standardScaler,
  MinMaxScaler: minMaxScaler,
}
