/** The passes over images of bytes, a module of its own. ../images/reference.ts is the same in plain TypeScript, to the bit. */
export { columns3 } from './images/colors'
export { floatColumns3, floatRows } from './images/floats'
export { columns1 } from './images/gray'
export { linearColumns3, linearRow } from './images/linear'
export { lookUp } from './images/look-up'
export { rows } from './images/rows'
