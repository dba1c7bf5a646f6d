/**
 * How an estimator is added:
 *
 * 1. A function that takes an `EstimatorCall` and gives an `EstimatorResult`, in the file of its family below
 *    `estimators/`. Attributes come from `call.estimator`, which checks them; nodes go to `call.emitter`; what can't be
 *    done is a `Refusal`. Inner estimators go through `call.transform`, `call.classify`, `call.regress`.
 * 2. A line in the family's table (`estimators/<family>/index.ts`), under the class's name. Several classes may share a
 *    function. Coverage is read from the tables.
 * 3. A case in test/fixtures/convert/sklearn/<family>/make.py: the estimator, and rows that it is asked about.
 *
 *   export async function standardScaler({ estimator, emitter, input }: EstimatorCall): Promise<EstimatorResult> {
 *     const x = input.matrix(emitter, 'float64')
 *     const mean = emitter.constant('float64', [input.width], Array.from(await estimator.floats('mean_', [input.width])))
 *     return features(emitter.op('Sub', [x, mean]))
 *   }
 *
 * Numbers are float64 within a model, as scikit-learn's are; the frame rounds outputs to float32.
 */
import type { Estimator } from '../../formats/index.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { Columns } from './columns.ts'
import type { Cell } from './fitted/cells.ts'
import type { Fitted } from './fitted/fitted.ts'

export { FittedArray } from './fitted/array.ts'
export type { Cell } from './fitted/cells.ts'
export { Fitted } from './fitted/fitted.ts'

/** What is asked of an estimator that can do both, as KMeans and LinearDiscriminantAnalysis can. */
export type Purpose = 'transform' | 'predict'

/** One estimator that is to be converted, with what flows into it. */
export interface EstimatorCall {
  readonly estimator: Fitted
  readonly input: Columns
  /** Its source is the estimator's path and class: `steps.scaler`, `StandardScaler`. */
  readonly emitter: Emitter
  readonly purpose: Purpose
  /** Converts an inner estimator; `name` is where it is in this one: `estimators_[0]`, `final_estimator_`. */
  convert(name: string, estimator: Estimator, input: Columns, purpose: Purpose): Promise<EstimatorResult>
  /** `convert`, where the inner estimator must be a transformer, classifier or regressor: a Refusal where it is not. */
  transform(name: string, estimator: Estimator, input: Columns): Promise<Columns>
  classify(name: string, estimator: Estimator, input: Columns): Promise<ClassifierResult>
  regress(name: string, estimator: Estimator, input: Columns): Promise<RegressorResult>
  /** An inner estimator's attributes, without converting it. */
  look(name: string, estimator: Estimator): Fitted
  /** Something that the model's owner should know. */
  note(text: string): void
}

export type EstimatorResult =
  | FeaturesResult
  | ClassifierResult
  | MultilabelResult
  | MultioutputResult
  | RegressorResult
  | ClusterResult

/** Of a transformer. */
export interface FeaturesResult {
  readonly kind: 'features'
  readonly columns: Columns
}

export interface ClassifierResult {
  readonly kind: 'classifier'
  /** What `predict` gives, as places in `classes`: int64 [N]. */
  readonly index: Value
  readonly classes: Classes
  /** What `predict_proba` gives: floats [N, C]. Absent where the estimator has none. */
  readonly probabilities?: Value
  /** What `decision_function` gives: floats [N] for two classes, [N, C] (or as many as it has). */
  readonly decision?: Value
}

/** Of a classifier whose targets are several yes-or-no labels. */
export interface MultilabelResult {
  readonly kind: 'multilabel'
  /** int64 [N, L], 0 and 1. */
  readonly label: Value
  /** Floats [N, L]: of yes. */
  readonly probabilities?: Value
  readonly decision?: Value
}

/** Of a classifier with several targets of several classes each. */
export interface MultioutputResult {
  readonly kind: 'multioutput'
  readonly outputs: readonly ClassifierResult[]
}

export interface RegressorResult {
  readonly kind: 'regressor'
  /** Floats [N, targets]; [N, 1] for one. */
  readonly value: Value
}

/** Of clusterers and detectors of outliers. */
export interface ClusterResult {
  readonly kind: 'cluster'
  /** int64 [N]. */
  readonly label: Value
  /** What `transform`, `decision_function` or `predict_proba` gives: floats [N] or [N, k]. */
  readonly scores?: Value
}

/** `classes_`: all of one type. Bools and whole floats are int64. */
export interface Classes {
  readonly dtype: 'int64' | 'string'
  readonly labels: readonly (bigint | string)[]
}

/** Type of an input's column, as what the estimator learnt tells it. */
export type ColumnType = 'float32' | 'int64' | 'string' | 'bool'

/** An estimator that is converted. */
export interface EstimatorConverter {
  convert(call: EstimatorCall): Promise<EstimatorResult>
  /**
   * What its input is, where that is not a matrix of `n_features_in_` numbers. Undefined where any number of columns of
   * any type will do.
   */
  input?(estimator: Fitted, ask: AskInput): Promise<InputColumns | undefined>
  /** What is not converted of it, for coverage: `metric='callable'`. */
  readonly limits?: string
}

/** What an estimator takes, as what it learnt tells it. */
export type InputColumns =
  /** One text a row, for text vectorizers: the estimator gets one column of texts. */
  | { readonly kind: 'documents' }
  /** One label a row, for LabelEncoder and LabelBinarizer. */
  | { readonly kind: 'target'; readonly type: ColumnType }
  | {
      readonly kind: 'columns'
      /** Undefined for a column whose type nothing tells: numbers. */
      readonly types: readonly (ColumnType | 'unused' | undefined)[]
      /** `feature_names_in_`. */
      readonly names?: readonly string[]
      /** Whether columns are chosen by their names or places, so that each is an input of its own. */
      readonly apart?: boolean
    }

/** Asks it of an inner estimator, as the frame asks it of the whole model. */
export type AskInput = (name: string, estimator: Estimator) => Promise<InputColumns | undefined>

/** An estimator that is known, and can't be converted. */
export interface RefusedEstimator {
  readonly refused: string
  readonly hint?: string
}

/** Estimators of one family, by their classes' names. */
export type EstimatorTable = Readonly<Record<string, EstimatorConverter | RefusedEstimator>>

export function features(...blocks: readonly Value[]): FeaturesResult {
  return { kind: 'features', columns: new Columns(blocks) }
}

/** `classes_` of a classifier, or another array or list of classes. CONVERT_INVALID where their types differ. */
export async function classesOf(
  estimator: Fitted,
  names: string | readonly string[] = 'classes_',
): Promise<Classes> {
  return toClasses(estimator, names, await estimator.array(names).cells())
}

export function toClasses(
  estimator: Fitted,
  names: string | readonly string[],
  cells: readonly Cell[],
): Classes {
  if (cells.every(cell => typeof cell === 'string')) return { dtype: 'string', labels: cells }
  const labels = cells.map(cell => {
    if (typeof cell === 'bigint') return cell
    if (typeof cell === 'boolean') return cell ? 1n : 0n
    if (typeof cell === 'number' && Number.isSafeInteger(cell)) return BigInt(cell)
    throw estimator.invalid(names, `holds ${String(cell).slice(0, 50)} among its classes`)
  })
  return { dtype: 'int64', labels }
}
