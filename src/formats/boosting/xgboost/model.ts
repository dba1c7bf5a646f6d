import type { Run } from '../run.ts'

/** An XGBoost model as its document has it; arrays are ranges of the file. */
export interface XgboostModel {
  readonly version: readonly string[]
  /** `gbtree`, `dart` or `gblinear`. */
  readonly booster: string
  readonly objective: string
  readonly featureNames: readonly string[]
  readonly featureTypes: readonly string[]
  /** Parameters and a user's attributes, by their path: `learner_model_param.num_feature`. */
  readonly parameters: ReadonlyMap<string, string>
  /** Empty where they were passed over. */
  readonly trees: readonly XgboostTreeRuns[]
  readonly treeCount: number
  /** Arrays outside of trees: `weights`, `weight_drop`, `tree_info`, `iteration_indptr`, `cats…`. */
  readonly arrays: ReadonlyMap<string, Run>
}

export interface XgboostTreeRuns {
  readonly nodes: number
  /** Values of a leaf: more than one where a tree has several targets. */
  readonly leafSize: number
  readonly arrays: ReadonlyMap<string, Run>
}
