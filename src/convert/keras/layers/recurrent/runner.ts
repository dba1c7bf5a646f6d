import type { Emitter } from '../../../graph/types.ts'
import type { Recurrence, Steps } from '../../../recurrent/index.ts'

/** A cell with its weights, to be run over steps. */
export interface Runner {
  /** How many states it has; the first is its output. */
  readonly states: number
  run(b: Emitter, steps: Steps): Promise<Recurrence>
}
