import type { Reader } from '../ports.ts'
import type { Detected } from './detected.ts'

/**
 * The reader of each format, loaded when a file of it is opened: a replica that serves ONNX never loads the others.
 */
const READERS: Readonly<Record<Detected, () => Promise<Reader>>> = {
  onnx: async () => (await import('../onnx/open/open.ts')).openOnnx,
  pickle: async () => (await import('../pickle/model/index.ts')).openPickle,
  joblib: async () => (await import('../pickle/model/index.ts')).openPickle,
  pytorch: async () => (await import('../pytorch/index.ts')).openPytorch,
  'pytorch-legacy': async () => (await import('../pytorch/index.ts')).openPytorchLegacy,
  'pytorch-shards': async () => (await import('../pytorch/index.ts')).openPytorchShards,
  torchscript: async () => (await import('../pytorch/index.ts')).openTorchscript,
  pt2: async () => (await import('../pytorch/index.ts')).openPt2,
  safetensors: async () => (await import('../safetensors/index.ts')).openSafetensors,
  hdf5: async () => (await import('../keras/index.ts')).openHdf5OrKeras,
  'keras-h5': async () => (await import('../keras/index.ts')).openKerasH5,
  'keras-shards': async () => (await import('../keras/index.ts')).openKerasShards,
  keras: async () => (await import('../keras/index.ts')).openKeras,
  'tensorflow-savedmodel': async () => (await import('../tensorflow/index.ts')).openSavedModel,
  'tensorflow-graphdef': async () => (await import('../tensorflow/index.ts')).openGraphDef,
  'tensorflow-metagraph': async () => (await import('../tensorflow/index.ts')).openMetaGraph,
  'tensorflow-checkpoint': async () => (await import('../tensorflow/index.ts')).openCheckpoint,
  'tfjs-graph': async () => (await import('../tensorflow/index.ts')).openTfjsGraph,
  'tfjs-layers': async () => (await import('../tensorflow/index.ts')).openTfjsLayers,
  tflite: async () => (await import('../tflite/index.ts')).openTflite,
  gguf: async () => (await import('../gguf/index.ts')).openGguf,
  npy: async () => (await import('../npy/model.ts')).openNpyModel,
  npz: async () => (await import('../npy/archive.ts')).openNpzModel,
  'xgboost-json': async () => (await import('../boosting/index.ts')).openXgboost,
  'xgboost-ubj': async () => (await import('../boosting/index.ts')).openXgboost,
  lightgbm: async () => (await import('../boosting/index.ts')).openLightgbm,
  idx: async () => (await import('../idx/index.ts')).openIdxData,
  csv: async () => (await import('../csv/index.ts')).openCsvData,
  jsonl: async () => (await import('../jsonl/index.ts')).openJsonlData,
  parquet: async () => (await import('../parquet/index.ts')).openParquetData,
}

export async function readerOf(format: Detected): Promise<Reader> {
  return READERS[format]()
}
