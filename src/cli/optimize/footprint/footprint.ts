import type { Bytes, Milliseconds } from '../../../core/index.ts'
import { type ApartOptions, apart } from '../apart/start.ts'
import type { Comparison, MeasureOptions } from '../measure.ts'

/** Memory that a model takes of the process that serves it, beyond what the runtime takes without one. */
export interface Footprint {
  /** With the model loaded, after runs. */
  readonly steady: Bytes
  /** The most while it was loaded and run. */
  readonly peak: Bytes
}

/** For a model of many gigabytes on a slow disk. */
const DEADLINE_MS: Milliseconds = 300_000

/**
 * Loads and runs a model on made-up inputs in processes that do nothing else, one after the other. Undefined where
 * there is to be none, and where it does not run in one: it ended it, or took too long.
 */
export async function footprintOf(
  path: string,
  { shapes, threads, processes }: MeasureOptions,
  options: Pick<ApartOptions, 'program' | 'memory'>,
): Promise<Footprint | undefined> {
  const found: Footprint[] = []
  for (let i = 0; i < processes; i++) {
    const outcome = await apart('footprint', { path, shapes, threads }, { ...options, deadline: DEADLINE_MS })
    if (outcome.kind !== 'done') return undefined
    found.push(outcome.result)
  }
  if (found.length === 0) return undefined
  return { steady: median(found.map(({ steady }) => steady)), peak: median(found.map(({ peak }) => peak)) }
}

/** A comparison with what each takes of memory. */
export function withFootprints(
  comparison: Comparison,
  original: Footprint | undefined,
  variant: Footprint | undefined,
): Comparison {
  return {
    ...comparison,
    original: { ...comparison.original, ...(original && { memory: original }) },
    variant: { ...comparison.variant, ...(variant && { memory: variant }) },
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!
}
