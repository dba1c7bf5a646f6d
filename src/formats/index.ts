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
export { openZip, type ZipArchive } from './zip/archive.ts'
export type { ZipEntry } from './zip/records.ts'
