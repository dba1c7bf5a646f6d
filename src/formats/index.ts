export type { CsvRow } from './csv/parser.ts'
export { type CsvOptions, type CsvTable, openCsv } from './csv/read.ts'
export { FormatsError, type FormatsErrorCode } from './errors.ts'
export { readIdx } from './idx/idx.ts'
export { type JsonlRow, readJsonl } from './jsonl/read.ts'
export { type NpyArray, openNpy } from './npy/array.ts'
export { type Npz, openNpz } from './npy/npz.ts'
export { checkExternalFiles } from './onnx/external.ts'
export { inspectOnnx } from './onnx/inspect.ts'
export type {
  OnnxData,
  OnnxDescription,
  OnnxDtype,
  OnnxExternalFile,
  OnnxInitializer,
  OnnxOperator,
  OnnxOpset,
  OnnxValue,
} from './onnx/types.ts'
export { below, only } from './open/below.ts'
export { digestOfFiles } from './open/digest.ts'
export { type OpenedModel, openFolder, openIn, openModel } from './open/open.ts'
export type * from './ports.ts'
export type * from './scan/types.ts'
export type { ModelStatistics, TensorStatistics } from './statistics/types.ts'
export { folderTree } from './tree/folder.ts'
export { isFolder } from './tree/input.ts'
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
