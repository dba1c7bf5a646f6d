import type { NumberDtype, Run } from '../run.ts'

/** A LightGBM model as its text has it; arrays are ranges of the file. */
export interface LightgbmModel {
  /** Of the file's first part: `num_class`, `objective` … */
  readonly header: ReadonlyMap<string, string>
  /** Empty where they were passed over. */
  readonly trees: readonly LightgbmTreeRuns[]
  readonly treeCount: number
  /** How often each feature splits, or what it gains. */
  readonly importances: readonly { readonly feature: string; readonly value: string }[]
  /** What it was trained with. */
  readonly parameters: ReadonlyMap<string, string>
  /** Categories of pandas' columns, as JSON. */
  readonly pandasCategorical: string | undefined
}

export interface LightgbmTreeRuns {
  readonly leaves: number
  readonly categorical: number
  readonly linear: boolean
  readonly shrinkage: number
  readonly arrays: ReadonlyMap<string, Run>
}

interface Field {
  readonly dtype: NumberDtype
  readonly per: 'split' | 'leaf' | 'any'
  readonly required: boolean
  readonly learnt: boolean
}

const split = (dtype: NumberDtype, required = false, learnt = false): Field => ({
  dtype,
  per: 'split',
  required,
  learnt,
})
const leaf = (dtype: NumberDtype, required = false): Field => ({
  dtype,
  per: 'leaf',
  required,
  learnt: required,
})
const any = (dtype: NumberDtype, learnt = false): Field => ({ dtype, per: 'any', required: false, learnt })

/** A tree's arrays, with their types in memory (LightGBM's Tree::ToString). */
export const FIELDS: ReadonlyMap<string, Field> = new Map([
  ['split_feature', split('int32', true)],
  ['split_gain', split('float32')],
  ['threshold', split('float64', true, true)],
  ['decision_type', split('int8')],
  ['left_child', split('int32', true)],
  ['right_child', split('int32', true)],
  ['leaf_value', leaf('float64', true)],
  ['leaf_weight', leaf('float64')],
  ['leaf_count', leaf('int32')],
  ['internal_value', split('float64')],
  ['internal_weight', split('float64')],
  ['internal_count', split('int32')],
  ['cat_boundaries', any('int32')],
  ['cat_threshold', any('uint32')],
  ['leaf_const', any('float64', true)],
  ['num_features', any('int32')],
  ['leaf_features', any('int32')],
  ['leaf_coeff', any('float64', true)],
])
