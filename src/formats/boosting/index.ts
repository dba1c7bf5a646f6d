export { type LightgbmOpenModel, openLightgbm } from './lightgbm/open.ts'
export type { LightgbmTree, LinearLeaves } from './lightgbm/trees.ts'
export { openXgboost, type XgboostOpenModel } from './xgboost/open.ts'
export type { XgboostTree } from './xgboost/trees.ts'
