export {
  type Attributes,
  attributesOf,
  classOf,
  integerOf,
  isGlobal,
  nameOf,
  shapeOf,
  textOf,
} from './classes.ts'
export { type PickleOptions, runAll, runPickle } from './machine/run.ts'
export { arrayOf } from './numpy/array.ts'
export type { ArrayDtype } from './numpy/dtype.ts'
export { readArray } from './numpy/read.ts'
export { scalarOf } from './numpy/scalar.ts'
export { readArrayText } from './numpy/text.ts'
export type { NumpyArray } from './numpy/types.ts'
export type * from './types.ts'
