export type { TfliteHazard } from './hazards.ts'
export { openTflite, type TfliteModel } from './open.ts'
export {
  type LiteOperator,
  type LiteOptions,
  type LiteProgram,
  type LiteSubgraph,
  readLiteProgram,
} from './program.ts'
export type { LiteTensor } from './tensors.ts'
