export { Placed } from './placed.ts'
export type { Shape } from './shape.ts'
