/** The loops over the planes of a piece, a module of its own. ../codec/reference.ts is the same in plain TypeScript. */
export { pack, repeats, unpack } from './codec/bytes'
export { count } from './codec/count'
export { decode, tables } from './codec/decode'
export { encode, pairs } from './codec/encode'
export { join } from './codec/join'
export { split } from './codec/split'
