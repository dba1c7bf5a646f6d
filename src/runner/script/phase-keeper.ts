import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { within } from '../control/backoff.ts'
import { type Stoppable, stopPhase } from '../process/stop.ts'
import type { JobPhase } from '../received.ts'
import { type PhaseAt, phaseIn, watchPhases } from './outcome.ts'

/** What a phase that always runs may take once the job is canceled, where it has no limit of its own. */
const MAX_AFTER_MS = 5 * 60_000
const LOOK_MS = 100

export interface PhaseKeeping {
  readonly phases: readonly JobPhase[]
  readonly out: string
  readonly given: string
  readonly job: Stoppable
  /** Its limit has passed: recorded before anything is signalled. */
  readonly onTimeout: (phase: number) => Promise<void>
}

/** Holds the phases of a running job to their limits, and ends them in order when it is canceled. */
export class PhaseKeeper {
  readonly #keeping: PhaseKeeping
  readonly #unwatch: () => void
  #timer: NodeJS.Timeout | undefined
  #canceled = false

  constructor(keeping: PhaseKeeping) {
    this.#keeping = keeping
    const limited = keeping.phases.some(({ timeout }) => timeout !== undefined)
    this.#unwatch = limited ? watchPhases(keeping.out, at => this.#limit(at)) : () => undefined
  }

  close(): void {
    this.#unwatch()
    clearTimeout(this.#timer)
  }

  /**
   * Ends the phase under way, unless it always runs, and gives those that do their time. Resolves when the job
   * has ended, or there is nothing more to wait for: whoever calls ends what is left.
   */
  async cancel(): Promise<void> {
    const { phases, given, job, out } = this.#keeping
    this.#canceled = true
    if (!phases.some(isAlways)) return
    await writeFile(join(given, 'stop'), 'canceled\n')
    let ended = false
    const end = job.ended.then(() => {
      ended = true
    })
    const limit = phases.filter(isAlways).reduce((sum, { timeout = MAX_AFTER_MS }) => sum + timeout, 0)
    const isOver = async (): Promise<boolean> => {
      const at = await phaseIn(out)
      return at !== undefined && (!at.running || isAlways(phases[at.phase]))
    }
    if (!(await stopPhase(job, isOver))) return
    // The limit counts from here: what was ended took its time too.
    for (const from = Date.now(); !ended && Date.now() - from < limit; ) {
      await within(end, LOOK_MS)
      // A phase that was just beginning when the order came.
      if (!ended && !(await isOver()) && !(await stopPhase(job, isOver))) return
    }
  }

  #limit(at: PhaseAt): void {
    clearTimeout(this.#timer)
    const limit = at.running ? this.#keeping.phases[at.phase]?.timeout : undefined
    // Longer than a timer can be is longer than anything runs.
    if (limit === undefined || limit >= 2 ** 31) return
    this.#timer = setTimeout(() => void this.#end(at.phase), Math.max(0, at.since + limit - Date.now()))
  }

  async #end(phase: number): Promise<void> {
    const { out, job, onTimeout, phases } = this.#keeping
    const isOver = async (): Promise<boolean> => (await phaseIn(out))?.phase !== phase
    if ((await isOver()) || (this.#canceled && !isAlways(phases[phase]))) return
    await onTimeout(phase)
    await stopPhase(job, async () => {
      const at = await phaseIn(out)
      return at === undefined || at.phase !== phase || !at.running
    })
  }
}

function isAlways(phase: JobPhase | undefined): boolean {
  return phase?.when === 'always'
}
