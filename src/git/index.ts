export type * from './ports.ts'
export type * from './types.ts'
