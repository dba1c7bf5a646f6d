import { BallastError, formatSize } from '../../../core/index.ts'
import { Helper } from './helper.ts'
import { type ApartOptions, apart, doneBy, type Outcome } from './start.ts'
import type { TaskName, Tasks } from './tasks.ts'

/** As the runtime says it, and the engine. */
const OUT_OF_MEMORY = /bad_alloc|allocat|out of memory|enough memory/i

/** What runs models for this process, one after the other: a process that is started again where a model ended it. */
export class Helpers {
  readonly #options: ApartOptions
  #helper: Helper | undefined

  constructor(options: ApartOptions) {
    this.#options = options
  }

  /**
   * `what`: words for what is run. Throws what the task throws; MODEL_CRASHED where its process ended without a word,
   * and OPTIMIZE_MEMORY where memory was bounded and there was none left.
   */
  async do<Name extends TaskName>(
    task: Name,
    asks: Tasks[Name]['asks'],
    what: string,
  ): Promise<Tasks[Name]['gives']> {
    const outcome = await this.#outcomeOf(task, asks)
    if (outcome.kind !== 'done') throw this.#errorOf(outcome, what)
    return outcome.result
  }

  async close(): Promise<void> {
    await this.#helper?.close()
  }

  /** With a bound each task has a process of its own: what one keeps, another would lack. */
  #outcomeOf<Name extends TaskName>(
    task: Name,
    asks: Tasks[Name]['asks'],
  ): Promise<Outcome<Tasks[Name]['gives']>> {
    const { program, say, memory } = this.#options
    if (memory !== undefined) return apart(task, asks, this.#options)
    if (!this.#helper?.alive) this.#helper = new Helper(program, say)
    return doneBy(this.#helper, task, asks, this.#options)
  }

  #errorOf(outcome: Exclude<Outcome<unknown>, { kind: 'done' }>, what: string): BallastError {
    const { memory } = this.#options
    const why = outcome.kind === 'died' ? outcome.how : outcome.error.message
    const short = outcome.kind === 'died' || OUT_OF_MEMORY.test(why)
    if (
      memory !== undefined &&
      short &&
      !(outcome.kind === 'failed' && outcome.error.code === 'OPTIMIZE_MEMORY')
    )
      return new BallastError('OPTIMIZE_MEMORY', {
        message: `${what} does not run within ${formatSize(memory)} of memory: ${why}`,
        hint: 'Give --max-memory more: a model takes the size of its weights twice while it is loaded, and more while it runs.',
        details: { given: memory },
      })
    if (outcome.kind === 'failed') return outcome.error
    return new BallastError('MODEL_CRASHED', {
      message: `The process that ran ${what} gave no answer: ${why}`,
      hint: 'The runtime aborts on this model, or the system ended it for its memory: run it with `ballast bench`.',
    })
  }
}
