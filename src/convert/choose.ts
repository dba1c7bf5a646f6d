import type { ModelFormat } from '../formats/index.ts'
import { ConvertError } from './errors.ts'
import type { Converter, Coverage } from './types.ts'

interface Framework {
  readonly converter: () => Promise<Converter>
  readonly coverage: () => Promise<Coverage>
}

const sklearn: Framework = {
  converter: async () => (await import('./sklearn/convert.ts')).convertEstimator,
  coverage: async () => (await import('./sklearn/coverage.ts')).sklearnCoverage,
}

const keras: Framework = {
  converter: async () => (await import('./keras/index.ts')).convertKeras,
  coverage: async () => (await import('./keras/index.ts')).kerasCoverage,
}

const tensorflow: Framework = {
  converter: async () => (await import('./tensorflow/index.ts')).convertTensorflow,
  coverage: async () => (await import('./tensorflow/index.ts')).tensorflowCoverage,
}

const xgboost: Framework = {
  converter: async () => (await import('./boosting/convert.ts')).convertXgboost,
  coverage: async () => (await import('./boosting/coverage.ts')).xgboostCoverage,
}
const lightgbm: Framework = {
  converter: async () => (await import('./boosting/convert.ts')).convertLightgbm,
  coverage: async () => (await import('./boosting/coverage.ts')).lightgbmCoverage,
}

const tflite: Framework = {
  converter: async () => (await import('./tflite/index.ts')).convertTflite,
  coverage: async () => (await import('./tflite/index.ts')).tfliteCoverage,
}

const pytorch: Framework = {
  converter: async () => (await import('./pytorch/index.ts')).convertTorch,
  coverage: async () => (await import('./pytorch/index.ts')).torchCoverage,
}

/** Converters, each loaded when a model of its format is converted. */
const FRAMEWORKS: Readonly<Partial<Record<ModelFormat, Framework>>> = {
  pickle: sklearn,
  joblib: sklearn,
  'xgboost-json': xgboost,
  'xgboost-ubj': xgboost,
  lightgbm,
  keras,
  'keras-h5': keras,
  'tfjs-layers': keras,
  'tensorflow-savedmodel': tensorflow,
  'tensorflow-graphdef': tensorflow,
  'tfjs-graph': tensorflow,
  tflite,
  pt2: pytorch,
}

/** What PyTorch saves without the model's code: weights alone, or a pickled class. */
const WITHOUT_GRAPH: ReadonlySet<string> = new Set([
  'pytorch',
  'pytorch-legacy',
  'torchscript',
  'safetensors',
])

export function isConvertible(format: string): boolean {
  return Object.hasOwn(FRAMEWORKS, format)
}

/** Throws CONVERT_FORMAT for formats that have no converter. */
export async function converterOf(format: string): Promise<Converter> {
  const framework = isConvertible(format) ? FRAMEWORKS[format as ModelFormat] : undefined
  if (framework) return framework.converter()
  throw new ConvertError('CONVERT_FORMAT', {
    message: `Models in ${format} are not converted`,
    hint: WITHOUT_GRAPH.has(format)
      ? 'Weights have no graph. torch.export.save(torch.export.export(model, inputs), "model.pt2") saves it.'
      : `Converted are ${Object.keys(FRAMEWORKS).join(', ')}.`,
  })
}

export async function allCoverage(): Promise<readonly Coverage[]> {
  const loaded = await Promise.all(Object.values(FRAMEWORKS).map(framework => framework.coverage()))
  return [...new Set(loaded)]
}
