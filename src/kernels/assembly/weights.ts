/** The passes over weights, a module of its own. ../quantize/reference.ts is the same in plain TypeScript, to the bit. */
export { blocks } from './quantize/blocks'
export { columnInt8, int8 } from './quantize/bytes'
export { bfloat16, float16 } from './quantize/halves'
export { columnRanges, range } from './quantize/ranges'
export { turn } from './quantize/turn'
