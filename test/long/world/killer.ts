import { setTimeout as after } from 'node:timers/promises'
import { z } from 'zod'
import { modelViewSchema, pipelineSummarySchema, pipelineViewSchema } from '../../../src/api/index.ts'
import { type Installation, ROLES, type Role } from './installation.ts'
import { killHard } from './processes.ts'
import { shuffled } from './random.ts'
import { until } from './until.ts'

export const VICTIMS = [...ROLES, 'up'] as const
export type Victim = (typeof VICTIMS)[number]

/** Longest pause before a kill: with five of them they spread over a whole delivery. */
const LONGEST_PAUSE_MS = 3000
const RECOVERY_DEADLINE_MS = 30_000

export interface Planned {
  readonly victim: Victim
  readonly pauseMs: number
}

/** A kill that happened; times are monotonic milliseconds. */
export interface Kill {
  readonly victim: Victim
  /** What was under way: running jobs, and the rollout's phase. */
  readonly during: string
  readonly at: number
  /** When its successor did its work. */
  readonly backAt: number
  /** What should have lived on and did not: the other processes, where it was `up` that died. */
  readonly alsoDied: readonly Role[]
}

/** Each process once, in an order and at moments by lot. */
export function planKills(random: () => number): readonly Planned[] {
  return shuffled(VICTIMS, random).map(victim => ({
    victim,
    pauseMs: Math.floor(random() * LONGEST_PAUSE_MS),
  }))
}

/** Waits for the moment, kills, and waits until the process is back. */
export async function kill(
  installation: Installation,
  { victim, pauseMs }: Planned,
  project = 'digits',
): Promise<Kill> {
  await after(pauseMs)
  const before = await installation.pids(RECOVERY_DEADLINE_MS)
  const during = await underWay(installation, project)
  const at = performance.now()
  if (victim === 'up') {
    await installation.killUp()
    await installation.up()
  } else {
    killHard(before[victim])
    await until(
      `a new ${victim}`,
      async () => {
        const pid = await installation.pidOf(victim)
        return pid === before[victim] ? undefined : pid
      },
      RECOVERY_DEADLINE_MS,
    )
  }
  const backAt = performance.now()
  const now = await installation.pids(RECOVERY_DEADLINE_MS)
  const alsoDied = ROLES.filter(role => role !== victim && now[role] !== before[role])
  return { victim, during, at, backAt, alsoDied }
}

async function underWay({ api }: Installation, project: string): Promise<string> {
  const path = `/projects/${encodeURIComponent(project)}/pipelines?limit=5`
  const running = await api.get(path, z.array(pipelineSummarySchema))
  const views = await Promise.all(
    running
      .filter(({ state }) => state === 'running')
      .map(({ id }) => api.get(`/pipelines/${id}`, pipelineViewSchema)),
  )
  const jobs = views.flatMap(view => view.jobs.filter(({ state }) => state === 'running'))
  if (project !== 'digits') return jobs.map(({ name }) => name).join(', ') || 'nothing yet'
  const { rollout } = await api.get('/models/digits', modelViewSchema)
  const steps = rollout ? [`rollout ${rollout.phase} at ${rollout.weight * 100} %`] : []
  return [...jobs.map(({ name }) => name), ...steps].join(', ') || 'nothing yet'
}
