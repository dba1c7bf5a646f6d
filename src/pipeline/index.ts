export type * from './ports.ts'
export * from './states.ts'
export * from './types.ts'
