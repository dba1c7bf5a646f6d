import type { MeasureOptions } from '../measure.ts'
import type { Options } from './options.ts'

/** Both models are run in turns for so long. */
const BUDGET_MS = 5000

export function measureOf({ shape: shapes, threads }: Options): MeasureOptions {
  return { shapes, threads, budget: BUDGET_MS }
}
