import type { Project } from '../../access/index.ts'
import { isoOf } from '../../core/index.ts'
import { dialectOf, type Job, type Pipeline, WORKSPACE_PLACE } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'

/**
 * What a dialect defines for a job, from the facts of its pipeline alone: no variable of a file, a project or a
 * person has changed it, as it may have what the job itself finds.
 */
export function predefinedFacts(
  { settings, clock }: Pick<ControlPlane, 'settings' | 'clock'>,
  pipeline: Pipeline,
  job: Job,
  { id, name, defaultBranch }: Project,
): Readonly<Record<string, string>> {
  if (!pipeline.trigger) return {}
  return dialectOf(job.plan.dialect ?? 'gitlab').jobVariables(
    pipeline.trigger,
    { id, name, defaultBranch, serverUrl: settings.publicUrl },
    job.plan,
    {
      id: job.id,
      pipelineId: pipeline.id,
      pipelineNumber: pipeline.number,
      position: job.position,
      startedAt: isoOf(job.startedAt ?? clock.now()),
      pipelineCreatedAt: isoOf(pipeline.createdAt),
      workspace: WORKSPACE_PLACE,
      runner: '',
      runnerLabels: [],
      token: '',
    },
  )
}
