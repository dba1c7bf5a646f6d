import { formatDuration, formatPercent } from '../../core/index.ts'
import { hasEnded, type Job, type Pipeline } from '../../pipeline/index.ts'
import type { RolloutChange } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { resultOf } from '../pipelines/results.ts'

/** A push stops following a job that waits for a person or for evidence after this long; the job goes on waiting. */
const WAIT_FOR_WAITING_MS = 20_000
const LOOK_EVERY_MS = 100

/**
 * Lines for `git push`, from the pipelines' beginning to their end: what each job came to, its figures, and how
 * the rollout went. Ends early on `signal`, or when all that is left is waiting; nothing stops with it.
 */
export async function* followPush(
  plane: ControlPlane,
  pipelines: readonly Pipeline[],
  signal: AbortSignal,
): AsyncIterable<string> {
  const queue = new ChangeQueue(plane, new Set(pipelines.map(({ id }) => id as string)), signal)
  try {
    const tellers = await Promise.all(pipelines.map(async pipeline => new Teller(plane, pipeline)))
    for (const teller of tellers) yield* teller.heading()
    for (;;) {
      let live = false
      let waiting = true
      for (const teller of tellers) {
        const { lines, state } = await teller.news()
        yield* lines
        live ||= state !== 'ended'
        waiting &&= state !== 'running'
      }
      if (!live || signal.aborted) return
      if (!(await queue.next(waiting ? WAIT_FOR_WAITING_MS : undefined))) {
        if (signal.aborted) return
        for (const teller of tellers) yield* teller.farewell()
        return
      }
    }
  } finally {
    queue.close()
  }
}

/** Wakes on changes of the followed pipelines and of any rollout; false when the wait is over or aborted. */
class ChangeQueue {
  readonly #off: () => void
  readonly #signal: AbortSignal
  #pending = false
  #looked = Number.NEGATIVE_INFINITY
  #wake: (() => void) | undefined

  constructor(plane: ControlPlane, pipelines: ReadonlySet<string>, signal: AbortSignal) {
    this.#signal = signal
    const news = () => {
      this.#pending = true
      this.#wake?.()
    }
    this.#off = plane.changes.on(({ change }) => {
      if (change.kind === 'rollout' || (change.kind === 'pipeline' && pipelines.has(change.pipeline))) news()
    })
    signal.addEventListener('abort', () => this.#wake?.())
  }

  /** At most ten times a second: changes come in bursts, and each look reads the whole pipeline. */
  async next(wait: number | undefined): Promise<boolean> {
    await this.#breathe()
    if (!this.#pending && !this.#signal.aborted) {
      await new Promise<void>(resolve => {
        const timer = wait === undefined ? undefined : setTimeout(resolve, wait)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#wake = undefined
    }
    const had = this.#pending && !this.#signal.aborted
    this.#pending = false
    return had
  }

  async #breathe(): Promise<void> {
    const rest = this.#looked + LOOK_EVERY_MS - performance.now()
    if (rest > 0) await new Promise(resolve => setTimeout(resolve, rest))
    this.#looked = performance.now()
  }

  close(): void {
    this.#off()
  }
}

const MARK: Readonly<Record<string, string>> = {
  succeeded: '✓',
  failed: '✗',
  errored: '✗',
  canceled: '–',
  waiting: '…',
}

/** Remembers what it has said of one pipeline, and says the rest. */
class Teller {
  readonly #plane: ControlPlane
  readonly #pipeline: Pipeline
  readonly #said = new Map<string, string>()
  readonly #told = new Set<string>()
  #changes = 0

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
    const fresh = history.slice(this.#changes)
    this.#changes = history.length
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
      return `canary at ${formatPercent(weight)} (step ${step + 1}): ${reason}`
    case 'promoted':
      return `promoted to 100 %: ${reason}`
    case 'aborted':
      return `aborted, back to stable: ${reason}`
  }
}
