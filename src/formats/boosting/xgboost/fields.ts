import type { NumberDtype } from '../run.ts'

interface Field {
  readonly dtype: NumberDtype
  /** How many elements: one a node; whatever it takes. */
  readonly per: 'node' | 'any'
  /** What trees decide by and give, against where they lead and how they came about. */
  readonly learnt: boolean
}

const node = (dtype: NumberDtype, learnt = false): Field => ({ dtype, per: 'node', learnt })
const any = (dtype: NumberDtype, learnt = false): Field => ({ dtype, per: 'any', learnt })

/** A tree's arrays (XGBoost's doc/model.schema). Types are those in memory; JSON itself has none. */
export const TREE_FIELDS: ReadonlyMap<string, Field> = new Map([
  ['left_children', node('int32')],
  ['right_children', node('int32')],
  ['parents', node('int32')],
  ['split_indices', node('int32')],
  // Of a leaf: its value.
  ['split_conditions', node('float32', true)],
  ['default_left', node('uint8')],
  ['split_type', node('uint8')],
  ['loss_changes', node('float32')],
  ['sum_hessian', node('float32')],
  // One for each target and node.
  ['base_weights', any('float32')],
  ['leaf_weights', any('float32', true)],
  ['categories', any('int32')],
  ['categories_nodes', any('int32')],
  ['categories_segments', any('int64')],
  ['categories_sizes', any('int64')],
  // Of releases before 1.6.
  ['leaf_child_counts', any('int32')],
])

export const MODEL_FIELDS: ReadonlyMap<string, Field> = new Map([
  ['weights', any('float32', true)],
  ['weight_drop', any('float32', true)],
  ['tree_info', any('int32')],
  ['iteration_indptr', any('int32')],
])
