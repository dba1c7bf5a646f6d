export { DETECT_BYTES, detectWrapper } from './codecs/detect.ts'
export { decompress } from './codecs/unwrap.ts'
export type { CsvRow } from './csv/parser.ts'
export { type CsvOptions, type CsvTable, openCsv, parseCsv } from './csv/read.ts'
export { FormatsError, type FormatsErrorCode } from './errors.ts'
export { readIdx } from './idx/idx.ts'
export { type JsonlRow, readJsonl } from './jsonl/read.ts'
export type { Layer as KerasLayer, Model as KerasModel } from './keras/config/model.ts'
export type { Ref as KerasRef } from './keras/config/refs.ts'
export type { KerasDetail, KerasVariables } from './keras/detail.ts'
export { type NpyArray, openNpy } from './npy/array.ts'
export { type Npz, openNpz } from './npy/npz.ts'
export { checkExternalFiles } from './onnx/external.ts'
export { encodeElements } from './onnx/infer/encode.ts'
export { broadcastFrom, elementsOf, inferTypes, isStatic, MAX_KNOWN, rounded } from './onnx/infer/index.ts'
export type { InferredType } from './onnx/infer/types.ts'
export type {
  Attributes,
  Domain,
  Element,
  Shape,
  Size,
  Value,
  ValueType,
} from './onnx/infer/values.ts'
export { inspectOnnx } from './onnx/inspect.ts'
export { type LiftedModel, liftOnnx } from './onnx/lift/lift.ts'
export {
  ONNX_DTYPES,
  type OnnxData,
  type OnnxDescription,
  type OnnxDtype,
  type OnnxExternalFile,
  type OnnxInitializer,
  type OnnxOperator,
  type OnnxOpset,
  type OnnxValue,
} from './onnx/types.ts'
export type * from './onnx/write/types.ts'
export { writeOnnx } from './onnx/write/write.ts'
export { below, only } from './open/below.ts'
export { digestOfFiles } from './open/digest.ts'
export { type OpenedModel, openFolder, openIn, openModel } from './open/open.ts'
export { type PlacedFile, tensorPlaces } from './open/places.ts'
export type * from './ports.ts'
export { PIECE_BYTES } from './ports.ts'
export type { TorchArgument, TorchCall, TorchInput, TorchProgram } from './pytorch/export/calls.ts'
export type * from './scan/types.ts'
export type * from './sklearn/types.ts'
export { isLfsPointer } from './sniff.ts'
export type { ModelStatistics, TensorStatistics } from './statistics/types.ts'
export type {
  LiteOperator,
  LiteOptions,
  LiteProgram,
  LiteSubgraph,
} from './tflite/program.ts'
export type { LiteTensor } from './tflite/tensors.ts'
export { folderTree } from './tree/folder.ts'
export { isFolder } from './tree/input.ts'
export { memoryTree } from './tree/memory.ts'
export type * from './types.ts'
export { openZip, type ZipArchive } from './zip/archive.ts'
export type { ZipEntry } from './zip/records.ts'

/** The scanner with its tables, loaded when something is scanned. */
export async function loadScanner(): Promise<typeof import('./scan/index.ts')> {
  return import('./scan/index.ts')
}

/** Statistics of weights, with their kernels, loaded when somebody asks. */
export async function loadStatistics(): Promise<typeof import('./statistics/index.ts')> {
  return import('./statistics/index.ts')
}

/**
 * What the reader of one framework knows beyond the description that all formats share: for those who convert a
 * model. Loaded when it is needed.
 */
export const loadReader = {
  keras: async () => import('./keras/index.ts'),
  tensorflow: async () => import('./tensorflow/index.ts'),
  tflite: async () => import('./tflite/index.ts'),
  pickle: async () => import('./pickle/index.ts'),
  sklearn: async () => import('./sklearn/index.ts'),
  boosting: async () => import('./boosting/index.ts'),
  pytorch: async () => import('./pytorch/index.ts'),
} as const
