import type { JobState } from '../states.ts'

/** A job of a resource group that has not ended, wherever in its project. */
export interface InLine {
  readonly pipeline: string
  readonly position: number
  readonly state: JobState
}

/**
 * The job of a resource group whose turn it is: the oldest ready one, while none runs. Ids of pipelines sort by
 * creation. A job that is not ready yet keeps newer pipelines from overtaking it while its own pipeline moves on
 * (`stuck` says which don't: those that wait for a person, or for one of the others).
 */
export function nextInLine<Job extends InLine>(
  jobs: readonly Job[],
  stuck: (pipeline: string) => boolean,
): Job | undefined {
  if (jobs.some(({ state }) => state === 'running')) return undefined
  const ready = jobs.filter(({ state }) => state === 'ready').sort(byAge)
  const [first] = ready
  if (!first) return undefined
  const ahead = jobs.some(
    ({ pipeline, state }) => state === 'blocked' && pipeline < first.pipeline && !stuck(pipeline),
  )
  return ahead ? undefined : first
}

function byAge(a: InLine, b: InLine): number {
  if (a.pipeline !== b.pipeline) return a.pipeline < b.pipeline ? -1 : 1
  return a.position - b.position
}
