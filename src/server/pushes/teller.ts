import { formatDuration, formatPercent, type RolloutId } from '../../core/index.ts'
import { hasEnded, type Job, type Pipeline } from '../../pipeline/index.ts'
import type { RolloutChange } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { resultOf } from '../pipelines/ending/results.ts'

const MARK: Readonly<Record<string, string>> = {
  succeeded: '✓',
  failed: '✗',
  errored: '✗',
  canceled: '–',
  waiting: '…',
}

/** Remembers what it has said of one pipeline, and says the rest. */
export class Teller {
  readonly #plane: ControlPlane
  readonly #pipeline: Pipeline
  readonly #said = new Map<string, string>()
  readonly #told = new Set<string>()
  /** By rollout: how much of its history was told. */
  readonly #changes = new Map<RolloutId, number>()

  constructor(plane: ControlPlane, pipeline: Pipeline) {
    this.#plane = plane
    this.#pipeline = pipeline
  }

  heading(): readonly string[] {
    const { number, commit, ref, problems } = this.#pipeline
    return [
      '',
      `Pipeline #${number} · ${commit.slice(0, 8)} · ${ref.replace(/^refs\/heads\//, '')}`,
      `  ${this.#link()}`,
      ...problems.map(line => `  ${line}`),
    ]
  }

  farewell(): readonly string[] {
    return [`  still waiting; it goes on without you: ${this.#link()}`, '']
  }

  async news(): Promise<{
    readonly lines: readonly string[]
    readonly state: 'running' | 'waiting' | 'ended'
  }> {
    const { pipelines } = this.#plane.stores
    const jobs = await pipelines.jobs(this.#pipeline.id)
    const lines: string[] = []
    for (const job of jobs) lines.push(...(await this.#newsOf(job)))
    lines.push(...this.#skips(jobs))
    const pipeline = (await pipelines.pipeline(this.#pipeline.id)) ?? this.#pipeline
    if (pipeline.state !== 'running') {
      const time = formatDuration((pipeline.endedAt ?? this.#plane.clock.now()) - pipeline.createdAt)
      return { lines: [...lines, `  pipeline ${pipeline.state} in ${time}`, ''], state: 'ended' }
    }
    const live = jobs.filter(job => !hasEnded(job.state) && job.state !== 'blocked')
    return {
      lines,
      state: live.length > 0 && live.every(job => job.state === 'waiting') ? 'waiting' : 'running',
    }
  }

  async #newsOf(job: Job): Promise<readonly string[]> {
    const lines = job.plan.work.kind === 'deploy' ? await this.#rolloutNews(job) : []
    if (this.#said.get(job.id) === job.state) return lines
    this.#said.set(job.id, job.state)
    const mark = job.state === 'skipped' ? undefined : MARK[job.state]
    if (!mark) return lines
    return [...lines, ...this.#ending(job, mark)]
  }

  /** Jobs skipped for one reason, on one line. */
  #skips(jobs: readonly Job[]): readonly string[] {
    const fresh = jobs.filter(job => job.state === 'skipped' && !this.#told.has(job.id))
    const root = fresh.find(job => !fresh.some(other => job.reason?.startsWith(`'${other.plan.name}'`)))
    for (const job of fresh) this.#told.add(job.id)
    if (fresh.length === 0) return []
    return [
      `  – skipped: ${fresh.map(job => job.plan.name).join(', ')}${root?.reason ? ` (${root.reason})` : ''}`,
    ]
  }

  #ending(job: Job, mark: string): readonly string[] {
    const time =
      job.startedAt !== undefined && job.endedAt !== undefined
        ? ` (${formatDuration(job.endedAt - job.startedAt)})`
        : ''
    const result = resultOf(job)
    const head = `  ${mark} ${job.plan.name}${time}`
    const details = result?.kind === 'stage' ? result.result.summary : job.reason ? [job.reason] : []
    const version =
      result?.kind === 'stage' && result.version ? [`registered as v${result.version.number}`] : []
    return [head, ...[...details, ...version].map(line => `      ${line}`)]
  }

  async #rolloutNews(job: Job): Promise<readonly string[]> {
    const { rollouts } = this.#plane.stores
    const rollout = await rollouts.byJob(job.id)
    if (!rollout) return []
    const history = await rollouts.history(rollout.id)
    const fresh = history.slice(this.#changes.get(rollout.id) ?? 0)
    this.#changes.set(rollout.id, history.length)
    return fresh.map(change => `    ${describe(change)}`)
  }

  #link(): string {
    return `${this.#plane.settings.publicUrl}/pipelines/${this.#pipeline.id}`
  }
}

function describe({ phase, weight, step, reason }: RolloutChange): string {
  switch (phase) {
    case 'queued':
      return 'rollout: queued behind another'
    case 'preparing':
      return 'rollout: replicas load, warm up and are checked'
    case 'progressing':
      return `${weight > 0 ? `canary at ${formatPercent(weight)}` : 'shadow'} (step ${step + 1}): ${reason}`
    case 'promoted':
      return `promoted to 100 %: ${reason}`
    case 'aborted':
      return `aborted, back to stable: ${reason}`
  }
}
