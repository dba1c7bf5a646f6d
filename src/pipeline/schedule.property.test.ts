import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compilePlan } from './plan/plan.ts'
import { commands } from './plan/work.ts'
import { jobViewOf, nextTransitions, pipelineStateOf, retryTargets } from './schedule.ts'
import { assertTransition, hasEnded, JOB_TRANSITIONS, type JobState, PIPELINE_TRANSITIONS } from './states.ts'
import { aJob } from './test-plans.ts'
import type { JobView, PlannedJob } from './types.ts'

/** Plans of up to 12 jobs: each may need some of those before it. */
const plans: fc.Arbitrary<readonly PlannedJob[]> = fc
  .array(
    fc.record({
      needs: fc.array(fc.nat(), { maxLength: 4 }),
      allowFailure: fc.boolean(),
      skip: fc.option(fc.constant('rule'), { nil: undefined, freq: 8 }),
      kind: fc.constantFrom('script', 'deploy', 'approval'),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map(shapes =>
    shapes.map(({ needs, allowFailure, skip, kind }, i) => {
      const names = i === 0 ? [] : [...new Set(needs.map(need => `j${need % i}`))]
      const work =
        kind === 'script'
          ? commands(['true'])
          : ({ kind: 'deploy', environment: 'e', approval: kind === 'approval' } as const)
      return aJob(`j${i}`, names, { allowFailure, work, ...(skip && { skip }) })
    }),
  )

/** A choice of which open job moves next, and to what it comes. */
const fates = fc.infiniteStream(
  fc.tuple(
    fc.nat(),
    fc.constantFrom<JobState>('succeeded', 'failed', 'errored', 'canceled', 'waiting', 'ready'),
  ),
)

class World {
  readonly jobs = new Map<string, JobView>()

  constructor(plan: readonly PlannedJob[]) {
    for (const job of plan) this.jobs.set(job.name, jobViewOf(job, 'blocked'))
  }

  get views(): readonly JobView[] {
    return [...this.jobs.values()]
  }

  move(name: string, to: JobState): void {
    const job = this.jobs.get(name)!
    assertTransition(JOB_TRANSITIONS, job.state, to)
    this.jobs.set(name, { ...job, state: to })
  }

  schedule(): void {
    for (const { name, to } of nextTransitions(this.views)) {
      this.move(name, to)
      if (to === 'skipped') continue
      for (const need of this.jobs.get(name)!.needs) {
        const { state, allowFailure } = this.jobs.get(need)!
        expect(state === 'succeeded' || (allowFailure && hasEnded(state))).toBe(true)
      }
    }
    expect(nextTransitions(this.views)).toEqual([])
  }

  /** Runs until nothing is open, by whatever fates bring. False when it never ends. */
  run(stream: Iterator<[number, JobState]>): boolean {
    this.schedule()
    for (let turn = 0; turn < 2000; turn++) {
      const open = this.views.filter(job => !hasEnded(job.state) && job.state !== 'blocked')
      if (open.length === 0) return true
      const [which, fate] = stream.next().value as [number, JobState]
      const { name, state } = open[which % open.length]!
      if (state === 'ready') this.move(name, fate === 'canceled' ? 'canceled' : 'running')
      else if (state === 'waiting') this.move(name, fate === 'canceled' ? 'canceled' : 'running')
      else this.move(name, fate)
      this.schedule()
    }
    return false
  }
}

test('whatever jobs come to, every job ends, none starts before its needs, and the pipeline ends once', () => {
  fc.assert(
    fc.property(plans, fates, (plan, stream) => {
      const world = new World(plan)
      expect(world.run(stream[Symbol.iterator]())).toBe(true)
      expect(world.views.every(job => hasEnded(job.state))).toBe(true)
      const state = pipelineStateOf(world.views)
      assertTransition(PIPELINE_TRANSITIONS, 'running', state)
      const broke = world.views.some(job => !job.allowFailure && ['failed', 'errored'].includes(job.state))
      expect(state === 'failed').toBe(broke)
    }),
    { numRuns: 300 },
  )
})

test('after a retry that goes well, the job itself has succeeded', () => {
  fc.assert(
    fc.property(plans, fates, fc.nat(), (plan, stream, which) => {
      const world = new World(plan)
      world.run(stream[Symbol.iterator]())
      const job = world.views[which % world.views.length]!
      const targets = retryTargets(job.name, world.views)
      for (const { name, to } of targets) world.move(name, to)
      world.run(forever([0, 'succeeded']))
      expect(world.views.every(view => hasEnded(view.state))).toBe(true)
      const fenced = needsSkippedByRule(job, world)
      if (targets.length > 0 && !fenced) expect(world.jobs.get(job.name)!.state).toBe('succeeded')
    }),
    { numRuns: 300 },
  )
})

test('a plan in any order compiles to one in which every need comes first', () => {
  fc.assert(
    fc.property(
      plans.chain(plan => fc.shuffledSubarray([...plan], { minLength: plan.length })),
      jobs => {
        const compiled = compilePlan(jobs)
        const order = compiled.kind === 'plan' ? compiled.plan.jobs : []
        expect(order.length).toBe(jobs.length)
        const place = new Map(order.map((job, index) => [job.name, index]))
        for (const { name, needs } of order)
          for (const need of needs) expect(place.get(need)!).toBeLessThan(place.get(name)!)
      },
    ),
  )
})

function* forever<T>(value: T): Generator<T, never> {
  for (;;) yield value
}

/** Whether a rule skips something that the job can't do without. */
function needsSkippedByRule(job: JobView, world: World): boolean {
  return job.needs
    .map(need => world.jobs.get(need)!)
    .some(need => !need.allowFailure && (need.skip !== undefined || needsSkippedByRule(need, world)))
}
