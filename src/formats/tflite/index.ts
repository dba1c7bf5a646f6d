export type { TfliteHazard } from './hazards.ts'
export { openTflite, type TfliteModel } from './open.ts'
