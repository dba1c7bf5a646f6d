import type { PlannedJob } from '../types.ts'

/** What the stage of Ballast's own jobs is called, and what goes before a name that is taken. */
const STAGE = 'model'
const PREFIX = 'ballast:'

/**
 * Ballast's own jobs as one more stage behind those of a dialect: they wait for all of these, and go by them as a
 * job of the dialect would. Among themselves, and of the jobs that make the model, they wait for their needs.
 */
export function asLastStage(
  own: readonly PlannedJob[],
  stages: readonly string[],
): { readonly jobs: readonly PlannedJob[]; readonly stages: readonly string[] } {
  const stage = freeName(STAGE, new Set(stages))
  return { jobs: own.map(job => ({ ...job, order: 'stages', stage })), stages: [...stages, stage] }
}

/**
 * A dialect knows no reserved names, so ours give way.
 *
 *   scan, where a job is called that -> ballast:scan
 */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name
  while (taken.has(free)) free = `${PREFIX}${free}`
  return free
}
