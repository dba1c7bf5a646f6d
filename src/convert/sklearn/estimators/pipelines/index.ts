import type { EstimatorTable } from '../../estimator.ts'
import { columnTransformer } from './columns.ts'
import { pipeline } from './pipeline.ts'
import { featureUnion } from './union.ts'

export const pipelines: EstimatorTable = {
  Pipeline: pipeline,
  FeatureUnion: featureUnion,
  ColumnTransformer: columnTransformer,
}
