import type { ByteSource } from '../../core/index.ts'
import type { OpenedModel } from '../../formats/index.ts'
import { ConvertError } from '../errors.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Conversion, Converter } from '../types.ts'
import { exactInputs } from './decimals.ts'
import type { EstimatorResult } from './estimator.ts'
import { declareInputs } from './inputs.ts'
import { declareOutputs, OUTPUT_NAMES, outputsOf } from './outputs.ts'
import { type Root, rootOf } from './root.ts'
import { Run } from './run.ts'

/** Versions of scikit-learn, of 1, that the tests know. */
const NEWEST = 9

/**
 * A fitted scikit-learn estimator, in a pickle or joblib file, as ONNX: its inputs as `declareInputs` says, its outputs
 * as `outputsOf` says.
 */
export const convertEstimator: Converter = async (model: OpenedModel): Promise<Conversion> => {
  const { input } = model
  if (!input)
    throw new ConvertError('CONVERT_FORMAT', {
      message: `${model.file.name} is no file of one model`,
      hint: 'Name the pickle or joblib file.',
    })
  return conversionOf(await rootOf(input.source), input.source, model.file.name)
}

/** Of an estimator that was read: `source` has its arrays. */
export async function conversionOf(
  { estimator, place }: Root,
  source: ByteSource,
  file: string,
): Promise<Conversion> {
  const graph = new GraphBuilder()
  const run = new Run(source, graph)
  if (place !== undefined) run.notes.add(`the model is the ${estimator.className} at ${place} of the file`)
  noteVersion(run, estimator.version)
  const { columns, names } = await declareInputs(run, graph, estimator)
  for (const name of OUTPUT_NAMES) graph.reserve(name)
  const exact = exactInputs(graph, estimator, columns)
  const result = await run.convert('', estimator, exact, 'predict')
  run.refusals.check(file)
  if (!result) throw new TypeError('A conversion without a result has a refusal')
  const outputs = outputsOf(graph.at({ name: 'outputs', kind: estimator.className }), result)
  if (outputs.length === 0)
    run.refusals.add({ name: 'model', kind: estimator.className }, 'it gives no columns')
  run.refusals.check(file)
  declareOutputs(graph, outputs, names, text => run.notes.add(text))
  return {
    ...graph.build({ name: estimator.className }),
    notes: [...run.notes],
    ...scoredClasses(result, names),
  }
}

/** Which output has the scores of which classes; nothing where a column of the user's has its name. */
export function scoredClasses(
  result: EstimatorResult,
  taken: ReadonlySet<string>,
): Pick<Conversion, 'scores' | 'classes'> {
  if (result.kind !== 'classifier' || !(result.probabilities || result.decision)) return {}
  const scores = result.probabilities ? 'probabilities' : 'scores'
  return taken.has(scores) ? {} : { scores, classes: result.classes.labels.map(String) }
}

function noteVersion(run: Run, version: string | undefined): void {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})/.exec(version ?? '') ?? []
  if (major === undefined) return
  if (major !== '1' || Number(minor) > NEWEST)
    run.notes.add(
      `scikit-learn ${version} wrote it, and 1.0 to 1.${NEWEST} are tested: hold its answers to the original's`,
    )
}
