import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assertTransition, hasEnded, JOB_TRANSITIONS, type JobState } from '../states.ts'
import { aJob } from '../test-plans.ts'
import type { JobMove, JobView, PlannedJob, Start } from '../types.ts'
import { playTargets } from './again.ts'
import { pipelineStateOf } from './pipeline-state.ts'
import { nextTransitions, Scheduler } from './transitions.ts'
import { isOptional, jobViewOf } from './view.ts'

const STAGES = ['s0', 's1', 's2', 's3']

const starts = fc.constantFrom<Start | undefined>(
  undefined,
  { kind: 'on_success' },
  { kind: 'on_failure' },
  { kind: 'always' },
  { kind: 'manual' },
  { kind: 'delayed', delay: 1 },
)

/** Plans of up to 14 jobs in stages; those of order `dag` may need some of the jobs before them. */
const plans: fc.Arbitrary<readonly PlannedJob[]> = fc
  .array(
    fc.record({
      dag: fc.boolean(),
      stage: fc.nat(STAGES.length - 1),
      needs: fc.array(fc.nat(), { maxLength: 4 }),
      start: starts,
      allowFailure: fc.boolean(),
      skip: fc.option(fc.constant('rule'), { nil: undefined, freq: 8 }),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map(shapes =>
    shapes
      .toSorted((a, b) => a.stage - b.stage)
      .map(({ dag, stage, needs, start, allowFailure, skip }, i) =>
        aJob(`j${i}`, dag && i > 0 ? [...new Set(needs.map(need => `j${need % i}`))] : [], {
          order: dag ? 'dag' : 'stages',
          stage: STAGES[stage]!,
          allowFailure,
          ...(start && { start }),
          ...(skip !== undefined && { skip }),
        }),
      ),
  )

type Fate = readonly [which: number, end: JobState]
const fates = fc.infiniteStream(
  fc.tuple(fc.nat(), fc.constantFrom<JobState>('succeeded', 'failed', 'errored', 'canceled')),
)

const told = (moves: readonly JobMove[]) => moves.map(({ name, to }) => `${name} ${to}`).toSorted()

class World {
  readonly jobs = new Map<string, JobView>()
  /** Told of every step, beside the passes over all jobs. */
  readonly scheduler: Scheduler

  constructor(plan: readonly PlannedJob[]) {
    for (const job of plan) this.jobs.set(job.name, jobViewOf(job, 'blocked'))
    this.scheduler = new Scheduler(this.views, STAGES)
  }

  get views(): readonly JobView[] {
    return [...this.jobs.values()]
  }

  move(name: string, to: JobState): void {
    const job = this.jobs.get(name)!
    assertTransition(JOB_TRANSITIONS, job.state, to)
    const moved = { ...job, state: to }
    this.jobs.set(name, moved)
    this.scheduler.set(moved)
  }

  schedule(): void {
    const moves = nextTransitions(this.views, STAGES)
    expect(told(this.scheduler.moves())).toEqual(told(moves))
    for (const { name, to } of moves) {
      this.move(name, to)
      if (to !== 'skipped') this.expectNothingBefore(this.jobs.get(name)!)
    }
    expect(nextTransitions(this.views, STAGES)).toEqual([])
  }

  /** What the job waits for has come to its end. */
  expectNothingBefore({ order, stage, needs }: JobView): void {
    const before =
      order === 'dag'
        ? needs.map(need => this.jobs.get(need)!)
        : this.views.filter(other => STAGES.indexOf(other.stage!) < STAGES.indexOf(stage!))
    for (const other of before) expect(hasEnded(other.state) || isOptional(other)).toBe(true)
  }

  /** Runs until nothing is open; somebody starts every job that holds the others back. False when it never ends. */
  run(stream: Iterator<Fate>): boolean {
    this.schedule()
    for (let turn = 0; turn < 500; turn++) {
      const open = this.views.filter(
        job => !hasEnded(job.state) && job.state !== 'blocked' && !isOptional(job),
      )
      if (open.length === 0) return true
      const [which, end] = stream.next().value as Fate
      const { name, state } = open[which % open.length]!
      this.move(name, state === 'running' ? end : state === 'ready' ? 'running' : 'ready')
      this.schedule()
    }
    return false
  }
}

test('every job ends or is left alone, and none starts before what it waits for has ended', () => {
  fc.assert(
    fc.property(plans, fates, (plan, stream) => {
      const world = new World(plan)
      expect(world.run(stream[Symbol.iterator]())).toBe(true)
      for (const job of world.views) expect(hasEnded(job.state) || isOptional(job)).toBe(true)
      const broke = world.views.some(job => !job.allowFailure && ['failed', 'errored'].includes(job.state))
      expect(pipelineStateOf(world.views) === 'failed').toBe(broke)
    }),
    { numRuns: 400 },
  )
})

test('what is to be done does not depend on the order in which the jobs are given', () => {
  const states = fc.infiniteStream(
    fc.constantFrom<JobState>('blocked', 'blocked', 'succeeded', 'failed', 'skipped', 'running', 'waiting'),
  )
  fc.assert(
    fc.property(plans, states, fc.infiniteStream(fc.nat()), (plan, stream, keys) => {
      const views = plan.map(job => jobViewOf(job, stream.next().value as JobState))
      const shuffled = views
        .map(view => [keys.next().value as number, view] as const)
        .toSorted(([a], [b]) => a - b)
        .map(([, view]) => view)
      expect(told(nextTransitions(shuffled, STAGES))).toEqual(told(nextTransitions(views, STAGES)))
    }),
    { numRuns: 400 },
  )
})

test('a manual job that was left alone, once started, brings the pipeline to its end again', () => {
  fc.assert(
    fc.property(plans, fates, (plan, stream) => {
      const fate = stream[Symbol.iterator]()
      const world = new World(plan)
      world.run(fate)
      const left = world.views.find(isOptional)
      fc.pre(left !== undefined)
      for (const { name, to } of playTargets(left.name, world.views, STAGES)) world.move(name, to)
      expect(world.run(fate)).toBe(true)
      expect(hasEnded(world.jobs.get(left.name)!.state)).toBe(true)
    }),
    { numRuns: 200 },
  )
})
