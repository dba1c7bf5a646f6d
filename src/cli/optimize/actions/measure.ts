import type { Milliseconds } from '../../../core/index.ts'
import type { MeasureOptions } from '../measure.ts'
import type { Options } from './options.ts'

/** Both models are run in turns for so long. */
const BUDGET_MS: Milliseconds = 5000
/** For its memory, each of them: the median leaves out what one allocator happened to keep. */
const PROCESSES = 3

/** With inputs whose free sizes are 1. */
export const MEASURE: MeasureOptions = {
  shapes: new Map(),
  threads: 1,
  budget: BUDGET_MS,
  processes: PROCESSES,
}

export function measureOf({ shape: shapes, threads }: Options): MeasureOptions {
  return { ...MEASURE, shapes, threads }
}
