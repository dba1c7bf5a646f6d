export * from './statistics/index.ts'
export * from './types.ts'
