import type { Bytes, Verdict } from '../../../core/index.ts'
import type { Evaluation, Gate, GateResult, MetricName } from '../../../evaluate/index.ts'
import type { ModelConfig } from '../../../model/index.ts'
import type { Preference } from '../../../optimize/index.ts'
import type { Judged } from '../../stages/rows.ts'
import type { DataFile } from '../data-file.ts'
import type { Comparison, MeasureOptions } from '../measure.ts'
import type { Optimized } from '../optimize.ts'

export interface SearchRequest {
  readonly path: string
  /** Where the best is written; absent: nothing is, and `writeTried` does it. */
  readonly out?: string
  readonly config: ModelConfig
  readonly data: DataFile
  readonly limit?: number
  readonly gates: readonly Gate[]
  readonly tries: readonly string[]
  readonly prefer: Preference
  readonly measure: MeasureOptions
  /** What starts this very program, which runs models in processes of their own; default: as it was started. */
  readonly program?: readonly string[]
  /** What this process and the one that runs a model may take together. */
  readonly memory?: Bytes
  readonly say: (line: string) => void
  /** Where variants are made and thrown away; default: the system's folder for such files. */
  readonly scratch?: string
  /** The original, where it was judged on this data already. */
  readonly judged?: Judged
  /** What serves now, judged on this data: comparisons hold with it as well as with the original. */
  readonly production?: Judged
  /** Those of whose values intervals are told. */
  readonly metrics?: readonly MetricName[]
}

/** At 95 %, by metric. */
export type Intervals = Readonly<Partial<Record<MetricName, readonly [low: number, high: number]>>>

/** One variant, and what became of it. */
export interface Tried {
  readonly name: string
  readonly change: string
  /** `refused`: it could not be made, or does not run. */
  readonly outcome: Verdict | 'refused'
  readonly reason?: string
  readonly evaluation?: Evaluation
  readonly intervals?: Intervals
  readonly gates?: readonly GateResult[]
  readonly comparison?: Comparison
  readonly changed?: readonly string[]
  readonly kept?: Optimized['kept']
  /** What became of its nodes, where it was simplified. */
  readonly simplified?: Optimized['simplified']
  /** Nodes that stay as they are because with them changed it did not pass: the most sensitive ones. */
  readonly repaired?: readonly string[]
  /** What values lay between, where the change asked samples. */
  readonly ranges?: Optimized['ranges']
}

export interface Search {
  readonly original: Evaluation
  readonly tried: readonly Tried[]
  /** The best variant, if one passed and was no slower. */
  readonly chosen?: string
  readonly files: Optimized['files']
  /** The most that this process held, or with one that ran a model for it, where memory was bounded. */
  readonly peak?: Bytes
}
