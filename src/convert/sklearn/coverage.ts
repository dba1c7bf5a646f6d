import type { Coverage, CoveredItem } from '../types.ts'
import { FAMILIES } from './estimators/index.ts'

/** Every estimator that is known here, as the tables of its family say. */
export const sklearnCoverage: Coverage = {
  title: 'scikit-learn estimators',
  formats: ['pickle', 'joblib'],
  items: FAMILIES.flatMap(([, table]) =>
    Object.entries(table).map(([name, entry]): CoveredItem => {
      if ('refused' in entry) return { name, support: 'refused', note: entry.refused }
      return entry.limits === undefined
        ? { name, support: 'full' }
        : { name, support: 'limits', note: entry.limits }
    }),
  ),
}
