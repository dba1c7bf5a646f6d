export { type PickleOptions, runAll, runPickle } from './run.ts'
export type * from './types.ts'
