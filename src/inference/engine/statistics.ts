/** Durations of one kind, summed. */
export interface Total {
  readonly count: number
  readonly nanoseconds: number
}

/** What an engine did since it was loaded, cumulative: the parts that Triton's statistics extension tells. */
export interface EngineStatistics {
  /** Rows computed. */
  readonly inferences: number
  /** Runs of the model: fewer than inferences where requests are joined. */
  readonly executions: number
  /** Epoch milliseconds of the last request; 0 before the first. */
  readonly lastInferenceAt: number
  readonly success: Total
  readonly fail: Total
  readonly queue: Total
  readonly computeInput: Total
  readonly computeInfer: Total
  readonly computeOutput: Total
  readonly cacheHit: Total
  readonly cacheMiss: Total
  /** By rows that ran together, ascending. */
  readonly batches: readonly {
    readonly rows: number
    readonly computeInput: Total
    readonly computeInfer: Total
    readonly computeOutput: Total
  }[]
}
