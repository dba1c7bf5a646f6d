import type { Coverage, CoveredItem } from '../types.ts'
import type { EstimatorTable } from './estimator.ts'
import { FAMILIES } from './estimators/index.ts'

/** Every estimator that is known here, as the tables of its family say, without those that only stand within others. */
export const sklearnCoverage: Coverage = {
  title: 'scikit-learn estimators',
  formats: ['pickle', 'joblib'],
  items: FAMILIES.flatMap(([, table]) =>
    visible(table).map(([name, entry]): CoveredItem => {
      if ('refused' in entry) return { name, support: 'refused', note: entry.refused }
      return entry.limits === undefined
        ? { name, support: 'full' }
        : { name, support: 'limits', note: entry.limits }
    }),
  ),
}

function visible(table: EstimatorTable): readonly (readonly [string, EstimatorTable[string]])[] {
  return Object.entries(table).filter(([name]) => !name.startsWith('_'))
}
