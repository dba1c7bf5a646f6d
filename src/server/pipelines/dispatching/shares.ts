import type { ProjectId } from '../../../core/index.ts'
import type { Job, PipelineStore, ReadyShare } from '../../../pipeline/index.ts'

/** Ready jobs of one pipeline that are looked at together where the first ones are for other runners. */
const PAGE = 50
/** Projects whose last turn is remembered: of more, those with ready jobs alone. */
const MAX_REMEMBERED = 1000

/**
 * Whose ready job is next: of the project of which the fewest run; of several such, the one whose turn is the
 * longest ago; of these, the one with the oldest pipeline. Within a project jobs go in the order of its pipelines.
 * So a pipeline of thousands takes what others leave, and no more than its part where they don't.
 */
export class Shares {
  readonly #turns = new Map<ProjectId, number>()
  #turn = 0

  /**
   * Ready jobs that `mayTake`, each when it is next. Whoever takes one says so by `took` before it asks for the next.
   * `first`: how many of a pipeline's are looked at together at first.
   */
  async *jobs(
    store: Pick<PipelineStore, 'readyShares' | 'readyJobs'>,
    mayTake: (job: Job) => boolean,
    first: number,
  ): AsyncGenerator<{ readonly job: Job; readonly took: () => void }> {
    const shares = await store.readyShares()
    if (this.#turns.size > MAX_REMEMBERED) this.#forget(shares)
    const queues = shares.map(({ project, live, pipelines }) => ({
      project,
      live,
      jobs: ofPipelines(store, pipelines, first),
    }))
    while (queues.length > 0) {
      const next = queues.reduce((best, queue) => (this.#isBefore(queue, best) ? queue : best))
      const { value: job } = await nextOf(next.jobs, mayTake)
      if (!job) {
        queues.splice(queues.indexOf(next), 1)
        continue
      }
      yield {
        job,
        took: () => {
          next.live++
          this.#turns.set(next.project, ++this.#turn)
        },
      }
    }
  }

  #isBefore(a: Waiting, b: Waiting): boolean {
    if (a.live !== b.live) return a.live < b.live
    return (this.#turns.get(a.project) ?? 0) < (this.#turns.get(b.project) ?? 0)
  }

  #forget(shares: readonly ReadyShare[]): void {
    const waiting = new Set(shares.map(({ project }) => project))
    for (const project of this.#turns.keys()) if (!waiting.has(project)) this.#turns.delete(project)
  }
}

interface Waiting {
  readonly project: ProjectId
  readonly live: number
}

async function* ofPipelines(
  store: Pick<PipelineStore, 'readyJobs'>,
  pipelines: ReadyShare['pipelines'],
  first: number,
): AsyncGenerator<Job, undefined> {
  let limit = first
  for (const pipeline of pipelines) {
    for (let after: number | undefined; ; limit = PAGE) {
      const jobs: readonly Job[] = await store.readyJobs(pipeline, { after, limit })
      yield* jobs
      if (jobs.length < limit) break
      after = jobs.at(-1)?.position
    }
  }
}

async function nextOf(
  jobs: AsyncGenerator<Job, undefined>,
  mayTake: (job: Job) => boolean,
): Promise<IteratorResult<Job, undefined>> {
  for (;;) {
    const found = await jobs.next()
    if (found.done || mayTake(found.value)) return found
  }
}
