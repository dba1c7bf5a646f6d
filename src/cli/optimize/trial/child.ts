import type { ModelConfig } from '../../../model/index.ts'
import { judge } from '../../stages/evaluate.ts'
import type { Judged } from '../../stages/rows.ts'
import { type DataFile, withData } from '../data-file.ts'
import { type Comparison, compareModels, type MeasureOptions } from '../measure.ts'

export interface TrialRequest {
  readonly path: string
  /** What lines of progress call it. */
  readonly who: string
  readonly config: ModelConfig
  readonly data: DataFile
  /** Examples at most. */
  readonly limit?: number
  /** What it is compared with afterwards. Absent: it is judged only. */
  readonly beside?: { readonly original: string; readonly measure: MeasureOptions }
}

export interface Trial {
  readonly judged: Judged
  readonly comparison?: Comparison
}

/** Judges a model on data, and runs it in turns with its original. */
export async function tryHere(
  { path, who, config, data, limit, beside }: TrialRequest,
  _: string,
  say: (line: string) => void,
): Promise<Trial> {
  const options = limit === undefined ? {} : { limit }
  const judged = await withData(data, dataset => judge(path, config, dataset, who, say, options))
  if (!beside) return { judged }
  return { judged, comparison: await compareModels({ ...beside, variant: path }, beside.measure) }
}

export interface CompareRequest {
  readonly original: string
  readonly variant: string
  readonly measure: MeasureOptions
}

export function compareHere({ measure, ...paths }: CompareRequest): Promise<Comparison> {
  return compareModels(paths, measure)
}
