export { type PickleOptions, runAll, runPickle } from './machine/run.ts'
export type * from './types.ts'
