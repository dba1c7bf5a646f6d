export const SCORE_RULES = ['auto', 'softmax', 'sigmoid', 'none'] as const

/** How an output becomes an answer, where the defaults of the task are not meant: part of a version's digest. */
export interface AnswerRule {
  /**
   * From what a classifier gives to scores. `auto`: what are probabilities already stays, a softmax of all else (a
   * sigmoid of a single value); with many classes, probabilities are expected. `none`: they stay as they are.
   */
  readonly scores?: (typeof SCORE_RULES)[number]
  /** How many of the best classes are listed; default 5. */
  readonly topK?: number
  /** An example has one class (the default), or any number of them, each by itself. */
  readonly classes?: 'one' | 'many'
  /** The score from which a class counts: of many, or the second of two. Default 0.5. */
  readonly threshold?: number
  /** Names of a regression's values, in order. */
  readonly names?: readonly string[]
  /** Outputs that are told beside the answer, by their names. */
  readonly outputs?: readonly string[]
}
