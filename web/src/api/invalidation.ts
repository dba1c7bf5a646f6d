import type { Change } from '../../../src/api/views.ts'

export type Key = readonly string[]

/** Lists of a project that show pipelines, or what their jobs did. */
const MOVED_BY_PIPELINES: readonly Key[] = [['schedules'], ['merge-requests'], ['environments'], ['releases']]

/** What a model's page shows of it. */
const OF_A_MODEL = ['model', 'rollout', 'rollouts', 'versions', 'log']

/** Beginnings of the keys of what a change makes stale. A traffic figure reads no version again. */
export function staleAfter(change: Change): readonly Key[] {
  switch (change.kind) {
    case 'project':
      return [['projects']]
    case 'pipeline':
      return [['pipelines'], ['pipeline', change.pipeline], ['models'], ['model'], ...MOVED_BY_PIPELINES]
    case 'rollout':
    case 'model':
      return [['models'], ['deployments'], ...OF_A_MODEL.map(list => [list, change.model])]
    case 'traffic':
      return [['models'], ['model', change.model]]
  }
}

/**
 * Gathers keys and hands each on once, at most every `everyMs`: changes come in bursts. While what was handed on is
 * still being read nothing more is: it would be cut off and begun anew, and of many changes none would be seen.
 */
export class Gather {
  readonly #waiting = new Map<string, Key>()
  readonly #everyMs: number
  readonly #flush: (keys: readonly Key[]) => unknown
  #timer: ReturnType<typeof setTimeout> | undefined
  #isReading = false

  constructor(everyMs: number, flush: (keys: readonly Key[]) => unknown) {
    this.#everyMs = everyMs
    this.#flush = flush
  }

  add(keys: readonly Key[]): void {
    for (const key of keys) this.#waiting.set(JSON.stringify(key), key)
    this.#soon()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#waiting.clear()
  }

  #soon(): void {
    if (this.#isReading || this.#waiting.size === 0) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const gathered = [...this.#waiting.values()]
      this.#waiting.clear()
      const reading = this.#flush(gathered)
      if (reading instanceof Promise) void this.#read(reading)
    }, this.#everyMs)
  }

  async #read(reading: Promise<unknown>): Promise<void> {
    this.#isReading = true
    await reading.catch(() => undefined)
    this.#isReading = false
    this.#soon()
  }
}
