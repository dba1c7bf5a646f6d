export { decoderOf } from './decode.ts'
export { bytesOf, type DtypeLayout, isBlockDtype, layoutOf } from './layout.ts'
export type { Decode, Numbers } from './plain.ts'
export { valuesOf } from './values.ts'
