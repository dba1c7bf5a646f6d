import { loadReader, type ModelInput, type OpenedModel } from '../../formats/index.ts'
import { ConvertError } from '../errors.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { Refusal, Refusals } from '../refusals.ts'
import type { EstimatorResult } from '../sklearn/estimator.ts'
import { declareOutputs, OUTPUT_NAMES, outputsOf } from '../sklearn/outputs.ts'
import type { Conversion, Converter } from '../types.ts'

/** A boosting library's model: how wide its input is, and what it makes of it. */
export interface Boosted {
  readonly name: string
  readonly kind: string
  readonly features: number
  predict(emitter: Emitter, features: Value, note: (text: string) => void): Promise<EstimatorResult>
}

/** A model file of XGBoost, JSON or UBJSON, as ONNX: float32 features [N, F] in `input`, outputs as of estimators. */
export const convertXgboost: Converter = async model => {
  const { openXgboost } = await loadReader.boosting()
  const { xgboostFile } = await import('./xgboost/file.ts')
  return convertBoosted(model, async input => xgboostFile(await openXgboost(input)))
}

/** The same of LightGBM's text. */
export const convertLightgbm: Converter = async model => {
  const { openLightgbm } = await loadReader.boosting()
  const { lightgbmFile } = await import('./lightgbm/file.ts')
  return convertBoosted(model, async input => lightgbmFile(await openLightgbm(input)))
}

async function convertBoosted(
  { input, file }: OpenedModel,
  open: (input: ModelInput) => Promise<Boosted>,
): Promise<Conversion> {
  if (!input)
    throw new ConvertError('CONVERT_FORMAT', {
      message: `${file.name} is no file of one model`,
      hint: 'Name the model file.',
    })
  const refusals = new Refusals()
  const source = { name: file.name, kind: file.framework ?? file.format }
  try {
    return await build(await open(input))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    refusals.add(source, error.why, error.hint)
    refusals.check(file.name)
    throw error
  }
}

async function build(boosted: Boosted): Promise<Conversion> {
  const graph = new GraphBuilder()
  const notes = new Set<string>()
  const features = graph.input('input', { dtype: 'float32', shape: ['N', boosted.features] })
  for (const name of OUTPUT_NAMES) graph.reserve(name)
  const emitter = graph.at({ name: boosted.name, kind: boosted.kind })
  const result = await boosted.predict(emitter, features, text => notes.add(text))
  declareOutputs(graph, outputsOf(emitter, result), new Set(['input']), text => notes.add(text))
  return { ...graph.build({ name: boosted.name }), notes: [...notes] }
}
