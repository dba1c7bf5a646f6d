import type { JobId, PipelineId } from '../../../core/index.ts'
import type { Job, Pipeline, PipelineStore } from '../../../pipeline/index.ts'

/** As many as run at once on a busy server. */
const MAX_REMEMBERED = 64

/** A job that keeps files for others. */
export interface Keeper {
  readonly id: JobId
  readonly name: string
  readonly isStage: boolean
  readonly place: number
}

/**
 * Which jobs of a pipeline come before which, as far as they keep anything. Plans never change, so they are read once
 * for each pipeline that runs.
 */
export class Line {
  readonly #stages: readonly string[]
  readonly #needs: ReadonlyMap<string, readonly string[]>
  readonly #keepers: readonly Keeper[]

  constructor(jobs: readonly Job[], stages: readonly string[]) {
    this.#stages = stages
    this.#needs = new Map(jobs.map(({ plan }) => [plan.name, plan.needs]))
    this.#keepers = jobs.filter(keepsAnything).map(({ id, plan }) => ({
      id,
      name: plan.name,
      isStage: plan.work.kind === 'stage',
      place: this.#placeOf(plan.stage),
    }))
  }

  /** In the order of the plan: those that are named, else all of earlier stages or all that it needs. */
  before(job: Job, named: readonly string[] | undefined): readonly Keeper[] {
    if (this.#keepers.length === 0) return []
    const { order, stage, needs, name } = job.plan
    const place = order === 'stages' && !named ? this.#placeOf(stage) : 0
    const names = new Set(named ?? (order === 'dag' ? needs : this.#ancestors(needs)))
    return this.#keepers.filter(
      keeper => keeper.name !== name && (names.has(keeper.name) || keeper.place < place),
    )
  }

  /** ballast.yaml: a job finds the files of what it needs, directly or not. */
  #ancestors(needs: readonly string[]): Iterable<string> {
    const found = new Set(needs)
    // A set hands out what is added to it while it is gone through.
    for (const name of found) for (const need of this.#needs.get(name) ?? []) found.add(need)
    return found
  }

  #placeOf(stage: string | undefined): number {
    const place = stage === undefined ? -1 : this.#stages.indexOf(stage)
    return place < 0 ? this.#stages.length : place
  }
}

const remembered = new WeakMap<PipelineStore, Map<PipelineId, Line>>()

export async function lineOf(store: PipelineStore, pipeline: Pipeline): Promise<Line> {
  const lines = remembered.get(store) ?? new Map<PipelineId, Line>()
  remembered.set(store, lines)
  const known = lines.get(pipeline.id)
  if (known) return known
  const line = new Line(await store.jobs(pipeline.id), pipeline.outline?.stages ?? [])
  lines.set(pipeline.id, line)
  if (lines.size > MAX_REMEMBERED) lines.delete(lines.keys().next().value!)
  return line
}

function keepsAnything({ plan: { artifacts, artifactRules } }: Job): boolean {
  return artifacts.length > 0 || artifactRules !== undefined
}
