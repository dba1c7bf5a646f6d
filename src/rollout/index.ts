export type * from './ports.ts'
export * from './types.ts'
