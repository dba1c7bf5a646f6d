/** The passes over images of bytes, a module of its own. ../images/reference.ts is the same in plain TypeScript, to the bit. */
export { columns1 } from './images/gray'
export { columns3 } from './images/colors'
export { lookUp } from './images/look-up'
export { rows } from './images/rows'
