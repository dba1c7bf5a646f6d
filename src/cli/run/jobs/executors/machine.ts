import type { JobWork, PlannedJob } from '../../../../pipeline/index.ts'
import type { Executor } from '../../../../runner/index.ts'
import { isPlain } from '../shell/shell.ts'
import type { World } from '../world.ts'

export interface Machine {
  /** Absent: this machine as it is, with a process for each phase. */
  readonly executor?: Executor
  readonly inImage: boolean
  /** Why it can't be run as it was asked for. */
  readonly refusal?: string
  /** For the job's log: what it asked for and does not get. */
  readonly notes: readonly string[]
}

/** What runs a job: a container where it names an image and there is an engine, else a sandbox or this machine. */
export async function machineFor(
  plan: PlannedJob,
  { phases }: Extract<JobWork, { kind: 'script' }>,
  { settings, executors, programs }: World,
): Promise<Machine> {
  const notes: string[] = []
  if (plan.image && !settings.noImage) {
    const container = await executors.container()
    if (typeof container !== 'string') return { executor: container, inImage: true, notes }
    notes.push(`image ${plan.image.name} is not used: ${container}. The job runs on this machine`)
  }
  for (const { name } of plan.services ?? [])
    notes.push(`service ${name} is not started: services need an image`)
  for (const { variable } of plan.idTokens ?? [])
    notes.push(`${variable} is not set: only a server signs tokens`)
  if (plan.release) notes.push(`release ${plan.release.tag} is not made: only on a server`)
  const sandbox = settings.sandbox === 'none' ? undefined : await executors.bubblewrap()
  if (typeof sandbox === 'object') return { executor: sandbox, inImage: false, notes }
  if (sandbox !== undefined && settings.sandbox === 'bubblewrap')
    return { inImage: false, notes, refusal: sandbox }
  if (sandbox !== undefined) notes.push(`it is not isolated: ${sandbox}`)
  if (programs.shells && isPlain(phases)) return { inImage: false, notes }
  return { executor: await executors.plain(), inImage: false, notes }
}
