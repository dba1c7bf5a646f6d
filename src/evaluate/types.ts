import type { Bytes, Digest, Fraction, Location, Milliseconds, Verdict } from '../core/index.ts'

/** Metrics of an evaluation that a gate may name. Latency in milliseconds, size in bytes. */
export const METRICS = [
  'accuracy',
  'precision_macro',
  'recall_macro',
  'f1_macro',
  'log_loss',
  'mae',
  'rmse',
  'latency_p50',
  'latency_p95',
  'latency_p99',
  'size',
] as const
export type MetricName = (typeof METRICS)[number]

export interface ClassReport {
  readonly label: string
  readonly support: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/**
 * What one model did on one data set. `rows` is kept beside it (not in the record), for paired comparisons.
 * A metric that has no meaning here is absent, never 0.
 */
export interface Evaluation {
  readonly examples: number
  readonly dataDigest: Digest
  readonly modelDigest: Digest
  readonly metrics: Readonly<Partial<Record<MetricName, number>>>
  readonly classes: readonly ClassReport[]
  /** rows: truth, columns: predicted; empty for regression. */
  readonly confusion: readonly (readonly number[])[]
  readonly latency: { readonly runs: number; readonly batch: number; readonly threads: number }
}

/** Per example, in data order: what a paired test needs. */
export interface EvaluationRows {
  /** Class index, or value for regression. */
  readonly truth: ArrayLike<number>
  readonly predicted: ArrayLike<number>
  /** −log p(truth) for each example, where the model gives scores. */
  readonly loss?: ArrayLike<number>
}

export type Comparison = '>=' | '<=' | '>' | '<'

/** One gate, as ballast.yaml or an environment's policy states it. */
export type Gate =
  | {
      readonly kind: 'threshold'
      readonly metric: MetricName
      readonly comparison: Comparison
      /** In the metric's own unit: a fraction, milliseconds or bytes. */
      readonly value: number | Milliseconds | Bytes
      /** How the author wrote it. */
      readonly text: string
      readonly at?: Location
    }
  | {
      readonly kind: 'versus-production'
      readonly metric: MetricName
      /** The candidate may be worse by less than this: absolute, in the metric's unit. */
      readonly margin: number
      /** Two-sided confidence of the interval shown; default 0.95. */
      readonly confidence: Fraction
      readonly text: string
      readonly at?: Location
    }

export interface GateResult {
  readonly gate: Gate
  readonly verdict: Verdict
  /** The candidate's figure. */
  readonly value?: number
  /** Production's figure, for a comparison. */
  readonly production?: number
  /** Of the value, or of candidate − production for a comparison. */
  readonly interval?: readonly [low: number, high: number]
  readonly n?: number
  /** `exact McNemar`, `paired bootstrap` … */
  readonly method?: string
  /** One sentence with the figures, as `git push` prints it. */
  readonly summary: string
  /** For `inconclusive`: what is missing. */
  readonly missing?: string
}
