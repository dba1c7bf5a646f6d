import { formatDuration, type Instant, type Milliseconds } from '../../core/index.ts'
import type { JobMove, JobView } from '../types.ts'
import { Board } from './board.ts'
import { type Before, Tally } from './tally.ts'
import { endedBadly, endedWell, isOptional } from './view.ts'

/**
 * Every step that blocked jobs are to take now, given what the others came to. Pure, and complete: taking the
 * steps and asking again gives none. `stages` is the plan's. Of a pipeline that is followed to its end, a
 * `Scheduler` gives the same for less.
 */
export function nextTransitions(
  jobs: readonly JobView[],
  stages: readonly string[] = [],
): readonly JobMove[] {
  return new Scheduler(jobs, stages).moves()
}

/**
 * A job of ballast.yaml starts the moment its last need ends well, whatever else still runs, and is skipped the
 * moment one ends badly. One of a dialect waits for every job before it to come to its end (a manual job that may
 * be left alone has), and then goes by how they went:
 *
 *                stages                               dag
 *   on_success   none failed or was canceled          all ran, none failed or was canceled
 *   on_failure   one failed, and was not allowed to   the same
 *   always       in any case                          the same
 *
 * What goes on: script, stage -> ready · deploy, trigger -> running · with approval, manual, delayed -> waiting.
 * What does not, or what a rule skips: -> skipped, saying why.
 */
export class Scheduler {
  readonly #stages: readonly string[]
  readonly #jobs: Map<string, JobView>
  #board: Board | undefined

  constructor(jobs: readonly JobView[], stages: readonly string[] = []) {
    this.#stages = stages
    this.#jobs = new Map(jobs.map(job => [job.name, job]))
  }

  get jobs(): readonly JobView[] {
    return [...this.#jobs.values()]
  }

  /** Takes in what became of a job outside. One that is set back, or that is new, costs a pass over all. */
  set(job: JobView): void {
    const before = this.#jobs.get(job.name)
    this.#jobs.set(job.name, job)
    if (before?.state === job.state && before.allowFailure === job.allowFailure) return
    if (this.#board && !this.#board.set(job)) this.#board = undefined
  }

  /** The steps that blocked jobs are to take now, in an order in which they can be taken; here they are taken. */
  moves(): readonly JobMove[] {
    this.#board ??= new Board(this.jobs, this.#stages)
    const board = this.#board
    const moves: JobMove[] = []
    this.#settle(board, moves)
    if (board.alive) return moves
    // A plan that its compiler let through with jobs that wait for each other must not hang.
    for (const job of this.jobs) {
      if (board.alive) break
      if (this.#jobs.get(job.name)!.state !== 'blocked') continue
      this.#take(board, job, skipped(job, 'it waits for jobs that wait for it'), moves)
      this.#settle(board, moves)
    }
    return moves
  }

  #settle(board: Board, moves: JobMove[]): void {
    for (let job = board.next(); job; job = board.next()) {
      const move = moveOf(job, board)
      if (move) this.#take(board, job, move, moves)
    }
  }

  #take(board: Board, job: JobView, move: JobMove, moves: JobMove[]): void {
    const moved = { ...job, state: move.to }
    moves.push(move)
    this.#jobs.set(moved.name, moved)
    board.set(moved)
  }
}

function moveOf(job: JobView, board: Board): JobMove | undefined {
  if (job.skip !== undefined) return skipped(job, job.skip)
  const needs: JobView[] = []
  for (const name of job.needs) {
    const need = board.job(name)
    if (!need) return skipped(job, `it needs '${name}', and this pipeline has no such job`)
    needs.push(need)
  }
  if (job.order === undefined) return byNeeds(job, needs)
  if (job.order === 'dag') return byRun(job, needs)
  const earlier = board.earlier(job)
  if (earlier.kind === 'open') return undefined
  return byOutcome(job, earlier) ?? (needs.length === 0 ? started(job) : byRun(job, needs))
}

/** As ballast.yaml has it. */
function byNeeds(job: JobView, needs: readonly JobView[]): JobMove | undefined {
  if (kindOf(job) !== 'on_success') {
    const before = tallyOf(needs).before
    return before.kind === 'open' ? undefined : (byOutcome(job, before) ?? started(job))
  }
  const bad = needs.find(endedBadly)
  if (bad) return skipped(job, becauseOf(bad))
  return needs.every(need => endedWell(need) || isOptional(need)) ? started(job) : undefined
}

/** As a job that says which others it goes by: each of them must have run. */
function byRun(job: JobView, needs: readonly JobView[]): JobMove | undefined {
  const tally = tallyOf(needs)
  if (kindOf(job) === 'on_success' && tally.idle) return skipped(job, becauseOf(tally.idle))
  const { before } = tally
  return before.kind === 'open' ? undefined : (byOutcome(job, before) ?? started(job))
}

function tallyOf(jobs: readonly JobView[]): Tally {
  const tally = new Tally()
  for (const job of jobs) tally.add(job)
  return tally
}

/** The step of a job that what came before it keeps from starting. */
function byOutcome(job: JobView, before: Before): JobMove | undefined {
  const kind = kindOf(job)
  if (kind === 'always') return undefined
  if (kind === 'on_failure')
    return before.kind === 'failed' ? undefined : skipped(job, 'nothing before it failed')
  return before.kind === 'failed' || before.kind === 'canceled'
    ? skipped(job, becauseOf(before.because))
    : undefined
}

/** Manual and delayed jobs go by the same rule as the others, and then wait. */
function kindOf({ start }: JobView): 'on_success' | 'on_failure' | 'always' {
  return start?.kind === 'on_failure' || start?.kind === 'always' ? start.kind : 'on_success'
}

function skipped({ name }: JobView, reason: string): JobMove {
  return { name, from: 'blocked', to: 'skipped', reason }
}

function started(job: JobView): JobMove {
  const { name, work, start } = job
  // Whoever starts it by hand, and time, are not the person whose word it needs.
  if (job.approval !== undefined) return held(job, job.approval)
  if (start?.kind === 'manual')
    return { name, from: 'blocked', to: 'waiting', reason: 'waits for somebody to start it' }
  if (start?.kind === 'delayed')
    return {
      name,
      from: 'blocked',
      to: 'waiting',
      delay: start.delay,
      reason: `starts by itself ${spoken(start.delay)} after what came before it`,
    }
  if (work.kind === 'deploy' && work.approval) return held(job, work.environment)
  return { name, from: 'blocked', to: goingOn(job) }
}

function held({ name, approvalExpiresMs: delay }: JobView, environment: string): JobMove {
  const reason = `waits for approval to deploy to ${environment}`
  return { name, from: 'blocked', to: 'waiting', reason, ...(delay !== undefined && { delay }) }
}

/**
 * Where a job goes that nothing holds back: to the runners, or into the hands of the control plane. What takes
 * turns with others waits for its turn.
 */
export function goingOn({ work, group }: JobView): 'ready' | 'running' {
  return work.kind === 'script' || work.kind === 'stage' || group !== undefined ? 'ready' : 'running'
}

/** Delayed jobs whose time has come start; those whose approval has not come end. */
export function dueTransitions(jobs: readonly JobView[], now: Instant): readonly JobMove[] {
  return jobs
    .filter(({ state, due }) => state === 'waiting' && due !== undefined && due <= now)
    .map(job => expired(job) ?? { name: job.name, from: 'waiting', to: goingOn(job) })
}

function expired({ name, approvalExpiresMs }: JobView): JobMove | undefined {
  if (approvalExpiresMs === undefined) return undefined
  const reason = `nobody approved it within ${formatDuration(approvalExpiresMs)}`
  return { name, from: 'waiting', to: 'canceled', reason }
}

function becauseOf(job: JobView): string {
  const became = { failed: 'failed', errored: 'could not be run', canceled: 'was canceled' } as const
  const { name, state } = job
  if (isOptional(job)) return `'${name}' was not started by anybody`
  return `'${name}' ${state in became ? became[state as keyof typeof became] : 'was skipped'}`
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const

/** `1 h 30 min`. */
function spoken(duration: Milliseconds): string {
  let left = duration
  const parts: string[] = []
  for (const [size, unit] of UNITS) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
  }
  return parts.join(' ') || `${duration} ms`
}
