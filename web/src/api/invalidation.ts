import type { Change } from '../../../src/api/views.ts'

export type Key = readonly string[]

/** Lists of a project that show pipelines, or what their jobs did. */
const MOVED_BY_PIPELINES: readonly Key[] = [['schedules'], ['merge-requests'], ['environments'], ['releases']]

/** Beginnings of the keys of what a change makes stale. A traffic figure reads no version again. */
export function staleAfter(change: Change): readonly Key[] {
  switch (change.kind) {
    case 'project':
      return [['projects']]
    case 'pipeline':
      return [['pipelines'], ['pipeline', change.pipeline], ['models'], ['model'], ...MOVED_BY_PIPELINES]
    case 'rollout':
      return [['models'], ['model', change.model], ['rollouts', change.model], ['versions', change.model]]
    case 'model':
      return [['models'], ['model', change.model], ['rollouts', change.model], ['versions', change.model]]
    case 'traffic':
      return [['models'], ['model', change.model]]
  }
}

/** Gathers keys and hands each on once, at most every `everyMs`: changes come in bursts. */
export class Gather {
  readonly #waiting = new Map<string, Key>()
  readonly #everyMs: number
  readonly #flush: (keys: readonly Key[]) => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(everyMs: number, flush: (keys: readonly Key[]) => void) {
    this.#everyMs = everyMs
    this.#flush = flush
  }

  add(keys: readonly Key[]): void {
    for (const key of keys) this.#waiting.set(JSON.stringify(key), key)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const gathered = [...this.#waiting.values()]
      this.#waiting.clear()
      this.#flush(gathered)
    }, this.#everyMs)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#waiting.clear()
  }
}
