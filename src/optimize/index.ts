export * from './errors.ts'
export { type DynamicOptions, quantizeDynamic } from './precision/int8/dynamic.ts'
export type { WeightType } from './precision/int8/grid.ts'
export type * from './types.ts'
