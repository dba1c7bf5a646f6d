import type { ProjectFacts, TriggerFacts } from '../../../types.ts'
import { COMMIT } from './commit.ts'
import { MERGE_REQUEST } from './merge-request.ts'
import { PROJECT } from './project.ts'
import { pipelineSource } from './ref.ts'
import { SERVER } from './server.ts'
import { type Predefined, valuesOf } from './table.ts'

export interface PipelineContext {
  readonly trigger: TriggerFacts
  readonly project: ProjectFacts
  /** Path of the file that is compiled. */
  readonly file: string
  /** `workflow:name`, once it is known. */
  readonly pipelineName?: string
}

const PIPELINE: readonly Predefined<PipelineContext>[] = [
  { name: 'CI', value: () => 'true' },
  { name: 'GITLAB_CI', note: 'true on Ballast too: it marks the dialect', value: () => 'true' },
  { name: 'CI_PIPELINE_SOURCE', value: ({ trigger }) => pipelineSource(trigger) },
  { name: 'CI_PIPELINE_NAME', value: ({ pipelineName }) => pipelineName },
  {
    name: 'CI_PIPELINE_SCHEDULE_DESCRIPTION',
    value: ({ trigger }) => trigger.schedule?.description,
  },
  { name: 'CI_CONFIG_PATH', value: ({ file }) => file },
  { name: 'CI_UPSTREAM_PIPELINE_ID', value: ({ trigger }) => trigger.upstream?.pipeline },
  { name: 'CI_UPSTREAM_PROJECT_ID', value: ({ trigger }) => trigger.upstream?.project },
  { name: 'CI_UPSTREAM_JOB_ID', value: ({ trigger }) => trigger.upstream?.job },
  { name: 'GITLAB_USER_ID', value: ({ trigger }) => trigger.principal.id },
  { name: 'GITLAB_USER_LOGIN', value: ({ trigger }) => trigger.principal.name },
  { name: 'GITLAB_USER_NAME', value: ({ trigger }) => trigger.principal.name },
  { name: 'GITLAB_FEATURES', note: 'empty: there are no licensed features', value: () => '' },
]

/** What is known before a pipeline is made: conditions of `rules`, `workflow` and `include` see it. */
export function pipelineVariables(context: PipelineContext): ReadonlyMap<string, string> {
  return new Map([
    ...valuesOf(PIPELINE, context),
    ...valuesOf(SERVER, context.project),
    ...valuesOf(PROJECT, context.project),
    ...valuesOf(COMMIT, context),
    ...valuesOf(MERGE_REQUEST, context),
  ])
}
