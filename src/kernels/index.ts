export { openChunker } from './chunking/open.ts'
export type { Chunker, ChunkSizes } from './chunking/types.ts'
export * as codecLayout from './codec/layout.ts'
export { openCodecLoops, openReferenceCodecLoops } from './codec/open.ts'
export { type CodecLoops, MAX_CODE_BITS, TRANSFORMS, type Transform } from './codec/types.ts'
export { bfloat16ToFloat32, float16At, float16ToFloat32 } from './decode.ts'
export { imagePasses } from './images/open.ts'
export {
  type FloatWindows,
  FRACTION_BITS,
  type ImagePasses,
  type Pairs,
  type Windows,
} from './images/types.ts'
export { weightPasses } from './quantize/open.ts'
export type { Block, ColumnGrids, Int8Grid, WeightPasses } from './quantize/types.ts'
export { type Histogram, histogramOf } from './statistics/histogram.ts'
export { MomentsTotal } from './statistics/merge.ts'
export { openReferenceStatistics, openStatistics } from './statistics/open.ts'
export {
  type Codes,
  KERNEL_BLOCKS,
  KERNEL_DTYPES,
  type KernelBlock,
  type KernelDtype,
  type Moments,
  type StatisticsAccumulator,
} from './statistics/types.ts'
