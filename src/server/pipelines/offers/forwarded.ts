import type { Project } from '../../../access/index.ts'
import type { Job, Pipeline, TriggerWork } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { jobEnvironment } from './environment.ts'

export interface Forwarded {
  readonly variables: Readonly<Record<string, string>>
  expand(text: string): string
}

/**
 * What a trigger job hands to the pipeline that it makes: its own variables, with references in them replaced, and
 * those that its pipeline was asked for with, as far as it forwards them.
 */
export async function forwardedVariables(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  project: Project,
  { forward }: Pick<TriggerWork, 'forward'>,
): Promise<Forwarded> {
  const { env, files, expand } = await jobEnvironment(plane, pipeline, job, project, {
    runner: '',
    labels: [],
    token: '',
  })
  const own = Object.keys(forward.yamlVariables ? job.plan.env : {})
  return {
    variables: {
      ...(forward.pipelineVariables && pipeline.trigger?.variables),
      ...Object.fromEntries(own.map(name => [name, env[name] ?? files[name] ?? ''])),
      ...job.variables,
    },
    expand,
  }
}
