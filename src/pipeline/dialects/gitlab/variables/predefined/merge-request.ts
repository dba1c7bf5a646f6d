import type { MergeRequestFacts, ProjectFacts, TriggerFacts } from '../../../types.ts'
import type { Predefined } from './table.ts'

interface Context {
  readonly trigger: TriggerFacts
  readonly project: ProjectFacts
}

/** GitLab's bound: a variable is no place for a long text. */
const MAX_DESCRIPTION = 2_700

type Value = (request: MergeRequestFacts, context: Context) => string | undefined

export const MERGE_REQUEST: readonly Predefined<Context>[] = [
  of('ID', ({ number }) => `${number}`, 'the number, as IID'),
  of('IID', ({ number }) => `${number}`),
  of('TITLE', ({ title }) => title),
  of('DESCRIPTION', ({ description }) => description.slice(0, MAX_DESCRIPTION)),
  of('DESCRIPTION_IS_TRUNCATED', ({ description }) => String(description.length > MAX_DESCRIPTION)),
  of('LABELS', ({ labels }) => (labels.length > 0 ? labels.join(',') : undefined)),
  of('DRAFT', ({ draft }) => String(draft)),
  of('EVENT_TYPE', () => 'detached', 'pipelines run for the source branch, not for a merged result'),
  of('REF_PATH', ({ number }) => `refs/merge-requests/${number}/head`),
  of('SOURCE_BRANCH_NAME', ({ sourceBranch }) => sourceBranch),
  of('SOURCE_BRANCH_SHA', () => '', 'empty, as in all pipelines that are not for a merged result'),
  of('SOURCE_PROJECT_PATH', ({ sourceProject }) => sourceProject),
  of('SOURCE_PROJECT_URL', ({ sourceProject }, { project }) => `${project.serverUrl}/${sourceProject}`),
  of('TARGET_BRANCH_NAME', ({ targetBranch }) => targetBranch),
  of('TARGET_BRANCH_SHA', () => '', 'empty, as in all pipelines that are not for a merged result'),
  of('DIFF_BASE_SHA', ({ targetSha }) => targetSha, 'the head of the target branch'),
  of('PROJECT_ID', (_, { project }) => project.id),
  of('PROJECT_PATH', (_, { project }) => project.name),
  of('PROJECT_URL', (_, { project }) => `${project.serverUrl}/${project.name}`),
]

function of(name: string, value: Value, note?: string): Predefined<Context> {
  return {
    name: `CI_MERGE_REQUEST_${name}`,
    ...(note && { note }),
    value: context => context.trigger.mergeRequest && value(context.trigger.mergeRequest, context),
  }
}
