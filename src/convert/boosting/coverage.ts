import type { Coverage } from '../types.ts'
import { OBJECTIVES as LIGHTGBM } from './lightgbm/objectives.ts'
import { OBJECTIVES as XGBOOST } from './xgboost/objectives.ts'
import { BOOSTERS } from './xgboost/settings.ts'

/** Boosters and objectives of XGBoost. */
export const xgboostCoverage: Coverage = {
  title: 'XGBoost',
  formats: ['xgboost-json', 'xgboost-ubj'],
  items: [
    ...BOOSTERS.map(booster => ({ name: `booster ${booster}`, support: 'full' as const })),
    ...Object.keys(XGBOOST).map(name => ({ name, support: 'full' as const })),
  ],
}

/** Objectives of LightGBM: boosters are one in its files. */
export const lightgbmCoverage: Coverage = {
  title: 'LightGBM',
  formats: ['lightgbm'],
  items: Object.keys(LIGHTGBM).map(name =>
    name === 'custom'
      ? {
          name,
          support: 'limits',
          note: 'what a function of the user’s makes of the sums is not in the file',
        }
      : { name, support: 'full' },
  ),
}
