import type { ByteSource } from '../../core/index.ts'
import type { Estimator } from '../../formats/index.ts'
import { failing } from '../errors.ts'
import type { GraphBuilder } from '../graph/builder.ts'
import { Refusal, Refusals } from '../refusals.ts'
import { Columns, openValue } from './columns.ts'
import type {
  ClassifierResult,
  EstimatorCall,
  EstimatorConverter,
  EstimatorResult,
  InputColumns,
  Purpose,
  RegressorResult,
} from './estimator.ts'
import { converterOfClass } from './estimators/index.ts'
import { Fitted } from './fitted/fitted.ts'
import { inputOf, widthOfInput } from './names.ts'

/** Estimators within one model, counted where they are reached: they may be shared. Trees of forests are no such. */
const MAX_ESTIMATORS = 100_000

const tooMany = failing('CONVERT_LIMIT', 'No real model needs as many; check where the file comes from.')

const MODEL = 'model'

/** One conversion: goes through the estimators of a model, and gathers what can't be converted. */
export class Run {
  readonly refusals = new Refusals()
  readonly notes = new Set<string>()
  readonly #source: ByteSource
  readonly #graph: GraphBuilder
  readonly #fitted = new Map<Estimator, Fitted>()
  #count = 0

  constructor(source: ByteSource, graph: GraphBuilder) {
    this.#source = source
    this.#graph = graph
  }

  /** Undefined where it was refused, or where something that it depends on was. */
  async convert(
    path: string,
    estimator: Estimator,
    input: Columns,
    purpose: Purpose,
  ): Promise<EstimatorResult | undefined> {
    const fitted = this.look(path, estimator)
    const source = { name: path || MODEL, kind: estimator.className.slice(0, 200) || 'object' }
    try {
      const converter = knownConverter(fitted)
      const call: EstimatorCall = {
        estimator: fitted,
        input: input.open ? Columns.openOf(widthWanted(fitted, input)) : input,
        emitter: this.#graph.at(source),
        purpose,
        convert: (name, inner, columns, wanted) => this.#convertInner(path, name, inner, columns, wanted),
        transform: (name, inner, columns) => this.#transform(path, name, inner, columns),
        classify: (name, inner, columns) => this.#classify(path, name, inner, columns),
        regress: (name, inner, columns) => this.#regress(path, name, inner, columns),
        look: (name, inner) => this.look(below(path, name), inner),
        note: text => void this.notes.add(`${source.name} (${source.kind}): ${text}`),
      }
      return await converter.convert(call)
    } catch (error) {
      if (error instanceof Refusal) this.refusals.add(source, error.why, error.hint)
      // What follows from a refused part tells nothing new.
      else if (!this.refusals.any) throw error
      return undefined
    }
  }

  /** What an estimator takes; undefined where that is open. */
  async input(path: string, estimator: Estimator): Promise<InputColumns | undefined> {
    const fitted = this.look(path, estimator)
    const converter = converterOfClass(fitted.module, fitted.className)
    if (!converter || 'refused' in converter || !converter.input) return inputOf(fitted)
    return converter.input(fitted, (name, inner) => this.input(below(path, name), inner))
  }

  look(path: string, estimator: Estimator): Fitted {
    if (++this.#count > MAX_ESTIMATORS)
      throw tooMany(`${this.#source.name} has more than ${MAX_ESTIMATORS} estimators`)
    const known = this.#fitted.get(estimator)
    if (known?.path === path) return known
    const made = new Fitted(this.#source, estimator, path)
    this.#fitted.set(estimator, made)
    return made
  }

  async #convertInner(
    path: string,
    name: string,
    estimator: Estimator,
    input: Columns,
    purpose: Purpose,
  ): Promise<EstimatorResult> {
    const result = await this.convert(below(path, name), estimator, input, purpose)
    return result ?? { kind: 'features', columns: Columns.openOf(1) }
  }

  async #transform(path: string, name: string, estimator: Estimator, input: Columns): Promise<Columns> {
    const result = await this.convert(below(path, name), estimator, input, 'transform')
    if (!result) return Columns.openOf(1)
    if (result.kind === 'features') return result.columns
    throw new Refusal(`its '${name}', of the class ${estimator.className}, does not transform`)
  }

  async #classify(
    path: string,
    name: string,
    estimator: Estimator,
    input: Columns,
  ): Promise<ClassifierResult> {
    const result = await this.convert(below(path, name), estimator, input, 'predict')
    if (!result) return OPEN_CLASSIFIER
    if (result.kind === 'classifier') return result
    throw new Refusal(`its '${name}', of the class ${estimator.className}, is no classifier of one target`)
  }

  async #regress(path: string, name: string, estimator: Estimator, input: Columns): Promise<RegressorResult> {
    const result = await this.convert(below(path, name), estimator, input, 'predict')
    if (!result) return { kind: 'regressor', value: openValue('float64', ['N', 1]) }
    if (result.kind === 'regressor') return result
    throw new Refusal(`its '${name}', of the class ${estimator.className}, is no regressor`)
  }
}

const OPEN_CLASSIFIER: ClassifierResult = {
  kind: 'classifier',
  index: openValue('int64', ['N']),
  classes: { dtype: 'int64', labels: [0n, 1n] },
  probabilities: openValue('float64', ['N', 2]),
  decision: openValue('float64', ['N']),
}

const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

function knownConverter({ module, className }: Fitted): EstimatorConverter {
  const found = converterOfClass(module, className)
  if (!found)
    throw new Refusal(
      `${module.slice(0, 200)} is not known here`,
      'Take it out, or export the model to ONNX in Python.',
    )
  if ('refused' in found) throw new Refusal(found.refused, found.hint)
  return found
}

function widthWanted(estimator: Fitted, input: Columns): number {
  try {
    return widthOfInput(estimator) ?? input.width
  } catch {
    return input.width
  }
}
