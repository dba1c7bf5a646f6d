export { type CsvRow, MAX_CELL_LENGTH, MAX_COLUMNS } from './csv/parser.ts'
export { type CsvOptions, type CsvTable, openCsv, readCsv } from './csv/read.ts'
export { FormatsError, type FormatsErrorCode } from './errors.ts'
export { MAX_IDX_BYTES, readIdx } from './idx/idx.ts'
export { type JsonlRow, MAX_LINE_LENGTH, readJsonl } from './jsonl/read.ts'
export { MAX_ARRAY_BYTES, type NpyArray, openNpy, readNpy } from './npy/array.ts'
export { type Npz, openNpz } from './npy/npz.ts'
export { checkExternalFiles, openExternal } from './onnx/external.ts'
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
export { chunksOf } from './ranges.ts'
export { MAX_UNPACKED_BYTES, openZip, type ZipArchive } from './zip/archive.ts'
export { MAX_ENTRIES } from './zip/directory.ts'
export type { ZipEntry } from './zip/records.ts'
